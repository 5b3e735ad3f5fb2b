/** @file What the browser runs: explanations of one tensor, sent back to the test's server. */
import * as ort from 'onnxruntime-web/wasm'
import {
  createExplainer,
  type ExplainOptions,
  type Explainer,
  onnxRuntime,
  type Preprocessing,
  readModel,
  type Tensor,
} from '../../src/index.ts'

/** One explanation to make. */
export interface Job {
  name: string
  /** Path of the image on the server: a float32 tensor, bytes only. */
  image: string
  /** Path of the model on the server. */
  model: string
  options: ExplainOptions
}

/** What the page is told. */
export interface Page {
  jobs: Job[]
  /** Of every image. */
  shape: number[]
  /** By the path of the model, where it is known. */
  preprocessing: Readonly<Record<string, Preprocessing>>
}

export interface Answer {
  name: string
  image: string
  label: string
  score: number
  map: number[]
  raw: number[]
}

const page = globalThis as unknown as { location: { origin: string } }

async function main(): Promise<void> {
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmPaths = `${page.location.origin}/ort/`
  const { jobs, shape, preprocessing } = (await (await fetch('/jobs.json')).json()) as Page
  const bytes = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer()
  const images = new Map<string, Tensor>()
  for (const path of new Set(jobs.map(({ image }) => image)))
    images.set(path, { type: 'float32', dims: shape, data: new Float32Array(await bytes(path)) })
  const runtime = onnxRuntime(ort, { provider: 'wasm' })
  const networks = new Map<string, Explainer>()
  for (const path of new Set(jobs.map(({ model }) => model))) {
    const about = { name: 'page', labels: [], preprocessing: preprocessing[path], singleLabel: false }
    networks.set(path, createExplainer(readModel(new Uint8Array(await bytes(path))), runtime, about))
  }
  const answers: Answer[] = []
  for (const { name, image, model, options } of jobs) {
    const tensor = images.get(image) as Tensor
    const [[why] = []] = (await networks.get(model)?.explain({ tensor, region: undefined, photo: undefined }, options)) ?? []
    if (!why) throw new Error(`no explanation by ${name}`)
    answers.push({ name, image, label: why.label, score: why.score, map: Array.from(why.map.data), raw: Array.from(why.raw.data) })
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(answers) })
}

main().catch(async (error: unknown) => {
  await fetch('/failed', { method: 'POST', body: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) })
})
