/** @file The shared cases about numbers round the gradient: gradients and raw Grad-CAM maps of a framework in float64. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { readNpy } from '../../src/io/npy.ts'
import { load } from '../../src/node/index.ts'
import { expectClose } from '../support/close.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (name: string): string => sharedPath('cases', name)
const npy = (name: string): Tensor => readNpy(readFileSync(at(`${name}.npy`)))
/** A thousandth of the largest number. */
const tolerance = (right: Tensor) => ({
  atol: 1e-3 * toFloat32(right).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  rtol: 0,
})

interface GradientCase {
  of: string
  wrt: string
  index: number
  /** File of the input, where it is not that of the model. */
  input?: string
  right: string
}

const logits = { of: 'logits', wrt: 'image', index: 1 }
const gradients: [model: string, GradientCase][] = [
  ['exporters/pad_maxpool', { ...logits, right: 'exporters/pad_maxpool_grad' }],
  ['exporters/pad_inf_maxpool', { ...logits, right: 'exporters/pad_inf_maxpool_grad' }],
  ['exporters/pooled_gather', { ...logits, right: 'exporters/pooled_gather_grad' }],
]

describeShared('gradients', 'cases', () => {
  test.each(gradients)('%s, %o', async (model, { of, wrt, index, input = model, right }) => {
    const network = await load(at(`${model}.onnx`))
    const [name = ''] = network.model.inputs.map((each) => each.name)
    const gradient = await network.gradient({ of, wrt, index, inputs: { [name]: npy(input) } })
    expectClose(gradient, npy(right), tolerance(npy(right)))
    await network.close()
  })
})

interface MapCase extends ExplainOptions {
  right: string
}

const raw = { upsample: 'none', activation: 'none', normalize: 'none', method: 'grad-cam', target: 1 } as const
const features = { featureLayer: 'features' }
const maps: [model: string, MapCase][] = [
  ['exporters/pad_maxpool', { ...features, right: 'exporters/pad_maxpool_cam' }],
  ['exporters/pooled_gather', { ...features, right: 'exporters/pooled_gather_cam' }],
]

describeShared('raw maps', 'cases', () => {
  test.each(maps)('%s, %o', async (model, { right, ...options }) => {
    const network = await load(at(`${model}.onnx`))
    const { map } = await network.explain(npy(model), { ...raw, ...options })
    expectClose(map.data, toFloat32(npy(right)), tolerance(npy(right)))
    await network.close()
  })
})

describeShared('scores', 'cases', () => {
  test.each<[model: string, input: string, right: number[]]>([
    ['exporters/pad_maxpool.onnx', 'exporters/pad_maxpool.npy', [1.9559, -2.3722, 8.4037]],
    ['exporters2/padpool', 'wide.png', [0.254, 0.503, 0.243]],
  ])('%s', async (model, input, right) => {
    const network = await load(at(model))
    const photo = input.endsWith('.npy') ? npy(input.slice(0, -4)) : at(input)
    const found = await network.predict(photo, { top: 3 })
    for (const { index, score } of found) expect(score).toBeCloseTo(right[index] as number, 3)
    expect(found).toHaveLength(3)
    await network.close()
  })
})
