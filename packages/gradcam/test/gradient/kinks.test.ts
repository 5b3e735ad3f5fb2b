/** @file Why pixel gradients may differ between engines: only where the last digit of a convolution moves a rectifier. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deriveModel } from '../../src/graph/derive.ts'
import { readModel } from '../../src/graph/model.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import { randomOf } from '../../src/core/random.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { runtimeFor } from '../support/providers.ts'

const model = readModel(new Uint8Array(readFileSync(fileURLToPath(new URL('../../../models/embedded/onnx/model.onnx', import.meta.url)))))
const rectified = model.graph.nodes.filter(({ operator }) => operator === 'Clip').map(({ outputs }) => outputs[0] as string)

/** Noise, different for every sample. */
function image(sample: number): Tensor {
  const { normal } = randomOf(1, sample)
  return float32(Float32Array.from({ length: 3 * 64 * 64 }, normal), [1, 3, 64, 64])
}

test('where no rectifier switches, native engine and WebAssembly agree to 1e-5', async () => {
  const inner = deriveModel(model, { outputs: rectified, inputShapes: { image: [1, 3, 64, 64] } })
  const engines = await Promise.all(
    (['cpu', 'wasm'] as const).map(async (provider) => {
      const runtime = await runtimeFor(provider)
      const network = createExplainer(model, runtime, { name: 'kinks', labels: [], preprocessing: undefined, singleLabel: false })
      return { network, session: await runtime.open(inner) }
    }),
  )
  const calm: number[] = []
  for (let sample = 0; sample < 60; sample++) {
    const tensor = image(sample)
    const seen = []
    for (const { network, session } of engines) {
      const given = { tensor, region: undefined, photo: undefined }
      const [[why] = []] = await network.explain(given, { method: 'saliency', target: 3, normalize: 'max' })
      const run = await session.run({ image: tensor })
      // ReLU6: its slope is 1 between its bounds
      const open = rectified.map((name) => Array.from(run[name]?.data as Float32Array, (value) => Number(value > 0 && value < 6)).join(''))
      seen.push({ map: why?.map.data as Float32Array, state: open.join('|') })
    }
    const [native, wasm] = seen as [(typeof seen)[0], (typeof seen)[0]]
    const off = native.map.reduce((most, value, i) => Math.max(most, Math.abs(value - (wasm.map[i] as number))), 0)
    if (native.state === wasm.state) calm.push(off)
  }
  for (const { network, session } of engines) {
    await network.close()
    await session.release()
  }
  expect(calm.length).toBeGreaterThan(30)
  expect(Math.max(...calm)).toBeLessThan(1e-5)
}, 300_000)
