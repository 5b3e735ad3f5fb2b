/** @file The page of webgpu.test.ts: one network on both devices of a browser. */
import * as ort from 'onnxruntime-web/webgpu'
import { createGradcam, webHost } from '../../src/web/index.ts'
import { float32 } from '../../src/core/tensor.ts'

const image = float32(
  Float32Array.from({ length: 3 * 8 * 8 }, (_, i) => Math.sin(i * i)),
  [1, 3, 8, 8],
)

async function main(): Promise<void> {
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmPaths = `${location.origin}/ort/`
  const { load } = createGradcam(webHost({ ort, provider: 'webgpu' }))
  const answers = []
  for (const device of ['cpu', 'webgpu', undefined] as const) {
    const network = await load(`${location.origin}/model.onnx`, { device })
    const why = await network.explain(image, { target: 2, featureLayer: 'features' })
    answers.push({ device: why.provenance.device, map: Array.from(why.map.data) })
    await network.close()
  }
  const failed = await load(`${location.origin}/six.onnx`).catch((error: unknown) => (error instanceof Error ? error.message : error))
  await fetch('/done', { method: 'POST', body: JSON.stringify({ answers, failed }) })
}

main().catch(async (error: unknown) => {
  await fetch('/failed', { method: 'POST', body: error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error) })
})
