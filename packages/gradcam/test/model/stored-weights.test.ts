/** @file Weights that a model stores as int8 → Cast → Mul cost nothing at run time: the engine turns them into floats when a session opens. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { afterAll, expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import type { ModelBytes, Runtime } from '../../src/runtime/runtime.ts'
import { runtimeFor } from '../support/providers.ts'

const file = fileURLToPath(new URL('../../../models/embedded/onnx/model.onnx', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradcam-weights-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Operators that the engine's constant folding leaves with nothing but constants to read. */
async function computedOfConstants({ bytes, external }: ModelBytes): Promise<string[]> {
  const path = join(folder, 'optimised.onnx')
  const session = await ort.InferenceSession.create(bytes, {
    ...('folder' in external ? {} : { externalData: external.map((data) => ({ ...data })) }),
    graphOptimizationLevel: 'basic',
    optimizedModelFilePath: path,
  })
  await session.release()
  const { nodes, initializers } = readModel(new Uint8Array(readFileSync(path))).graph
  return nodes.filter(({ inputs }) => inputs.every((name) => initializers.has(name))).map(({ operator }) => operator)
}

test('explained and gradient graphs of the embedded network keep that; nothing is opened to learn shapes', async () => {
  const runtime = await runtimeFor('cpu')
  const opened: { model: ModelBytes; optimised: boolean; runs: number }[] = []
  const recording: Runtime = {
    ...runtime,
    async open(model, options) {
      const session = await runtime.open(model, options)
      const record = { model, optimised: options?.optimize !== false, runs: 0 }
      opened.push(record)
      return {
        ...session,
        run: (...given) => {
          record.runs++
          return session.run(...given)
        },
      }
    },
  }
  const about = { name: 'embedded', labels: [], preprocessing: undefined, singleLabel: true }
  const network = createExplainer(readModel(new Uint8Array(readFileSync(file))), recording, about)
  const tensor = float32(new Float32Array(3 * 64 * 64).fill(0.1), [1, 3, 64, 64])
  for (const method of ['grad-cam', 'saliency'])
    await network.explain({ tensor, region: undefined, photo: undefined }, { method, target: 3 })
  await network.close()

  expect(opened.map(({ optimised, runs }) => [optimised, runs])).toEqual([
    [true, 1],
    [true, 1],
  ])
  for (const { model } of opened) expect(await computedOfConstants(model)).toEqual([])
  expect(await computedOfConstants({ bytes: new Uint8Array(readFileSync(file)), external: [] })).toEqual([])
})
