/** @file The shared cases about numbers round the gradient: gradients and raw Grad-CAM maps of a framework in float64. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { readNpy } from '../../src/io/npy.ts'
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import { load } from '../../src/node/index.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { runtimeFor } from '../support/providers.ts'
import { refusal } from '../support/refusal.ts'
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
  ['truth/roialign_empty', { of: 'y', wrt: 'x', index: 0, right: 'truth/roialign_empty_grad' }],
  ['truth/identity_weights', { of: 'logits', wrt: 'x', index: 2, right: 'truth/identity_weights_grad' }],
  ['truth/roialign_some', { of: 'y', wrt: 'x', index: 0, right: 'truth/roialign_some_grad' }],
  ['truth/roialign_some', { of: 'y', wrt: 'x', index: 0, input: 'truth/roialign_some3', right: 'truth/roialign_some3_grad' }],
  ['truth/data_sized', { of: 'y', wrt: 'z', index: 0, right: 'truth/data_sized_grad_z' }],
  ['truth/data_sized', { of: 'y', wrt: 'x', index: 0, right: 'truth/data_sized_grad_x' }],
  ['exporters/castlike', { ...logits, right: 'exporters/castlike_grad' }],
  ['exporters/col2im', { ...logits, right: 'exporters/col2im_grad' }],
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
  /** Which of the maps in the file. Default: the file is one map. */
  row?: number
}

const prob = (element: readonly number[]) => ({ target: { kind: 'value', tensor: 'prob', element } }) as const

const raw = { upsample: 'none', activation: 'none', normalize: 'none', method: 'grad-cam', target: 1 } as const
const features = { featureLayer: 'features' }
const maps: [model: string, MapCase][] = [
  ['exporters/pad_maxpool', { ...features, right: 'exporters/pad_maxpool_cam' }],
  ['exporters/pooled_gather', { ...features, right: 'exporters/pooled_gather_cam' }],
  ['exporters/castlike', { ...features, right: 'exporters/castlike_cam' }],
  ['exporters/col2im', { ...features, right: 'exporters/col2im_cam' }],
  ['exporters/outer_if', { ...features, right: 'exporters/outer_if_cam' }],
  ['exporters/outer_if', { right: 'exporters/outer_if_cam' }],
  ['truth/sorted_boxes', { ...prob([100, 1]), right: 'truth/sorted_boxes_cam' }],
  ...[0, 1, 2, 3].map((row): [string, MapCase] => [
    'truth/softmax_saturated',
    { ...prob([row, 1]), featureLayer: 'feat', right: 'truth/softmax_saturated_right', row },
  ]),
]

describeShared('raw maps', 'cases', () => {
  test.each(maps)('%s, %o', async (model, { right, row = 0, ...options }) => {
    const network = await load(at(`${model}.onnx`))
    const { map } = await network.explain(npy(model), { ...raw, ...options })
    const size = map.width * map.height
    const expected = float32(toFloat32(npy(right)).slice(row * size, (row + 1) * size), [map.height, map.width])
    expectClose(map.data, toFloat32(expected), tolerance(expected))
    await network.close()
  })

  test('an If on what the image shows is refused by name', async () => {
    const network = await load(at('exporters/outer_if_mean.onnx'))
    const error = await refusal(() => network.explain(npy('exporters/outer_if'), { target: 1 }))
    expect([error.code, error.message]).toEqual([
      'unsupported-operator',
      expect.stringContaining('which branch it takes depends on the image'),
    ])
    await network.close()
  })

  test('a sum over the feature layer itself: its gradient is 1, so the map is the sum of channels', async () => {
    const network = await load(at('exporters/early_activation.onnx'))
    const asked = { ...raw, featureLayer: 'block2_sum', target: { kind: 'expression', expression: 'sum(block2_sum)' } } as const
    const { map, score } = await network.explain(npy('exporters/early_activation'), asked)
    expect(map.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(score, 1)
    await network.close()
  })
})

describeShared('scores', 'cases', () => {
  test.each<[model: string, input: string, right: number[]]>([
    ['exporters/pad_maxpool.onnx', 'exporters/pad_maxpool.npy', [1.9559, -2.3722, 8.4037]],
    ['exporters2/padpool', 'wide.png', [0.254, 0.503, 0.243]],
    ['exporters2/col2im', 'wide.png', [0.3466, 0.3657, 0.2877]],
  ])('%s', async (model, input, right) => {
    const network = await load(at(model))
    const photo = input.endsWith('.npy') ? npy(input.slice(0, -4)) : at(input)
    const found = await network.predict(photo, { top: 3 })
    for (const { index, score } of found) expect(score).toBeCloseTo(right[index] as number, 3)
    expect(found).toHaveLength(3)
    await network.close()
  })
})

describeShared('a map behind Col2Im', 'cases', () => {
  test('red lies on the red square, 0.8 … 2.8 of 8 places from left and from top', async () => {
    const network = await load(at('exporters2/col2im'))
    const { map } = await network.explain(at('wide.png'), { ...raw, target: 'red' })
    const isRed = (i: number): boolean => i % map.width < 3 && Math.floor(i / map.width) < 3
    const sum = (values: Float32Array): number => values.reduce((total, value) => total + Math.abs(value), 0)
    expect(sum(map.data.filter((_, i) => isRed(i)))).toBeGreaterThan(0.99 * sum(map.data))
    expect(map.data.indexOf(Math.max(...map.data))).toBe(map.width + 1)
    await network.close()
  })
})

describeShared('recurrent layers', 'cases', () => {
  test.each(['crnn-lstm', 'crnn-gru'])('the gradient of %s is the slope along itself', async (name) => {
    const bytes = readFileSync(at(`${name}/model.onnx`))
    const runtime = await runtimeFor('cpu')
    const model = readModel(bytes)
    const [input] = model.graph.inputs
    const dims = (input?.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))
    const x = numbers(3, dims)
    const session = await runtime.open({ bytes, external: [] })
    const scoreAt = async (tensor: Tensor): Promise<number> => {
      const [output] = session.outputs
      const run = await session.run({ [input?.name ?? '']: tensor })
      return Number(run[output?.name ?? '']?.data[1])
    }
    const [output] = session.outputs
    const shape = (await session.run({ [input?.name ?? '']: x }))[output?.name ?? '']?.dims ?? []
    const found = await gradient(model, runtime, {
      of: [{ tensor: output?.name ?? '', index: shape.map((_, axis) => (axis === shape.length - 1 ? 1 : 0)) }],
      wrt: [input?.name ?? ''],
      inputs: { [input?.name ?? '']: x },
    })
    const slope = found[input?.name ?? ''] as Tensor
    const values = toFloat32(slope)
    const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
    expect(norm).toBeGreaterThan(0)
    const step = 0.01
    const moved = (by: number): Tensor => ({ ...x, data: toFloat32(x).map((value, i) => value + (by * (values[i] ?? 0)) / norm) })
    const difference = ((await scoreAt(moved(step))) - (await scoreAt(moved(-step)))) / (2 * step)
    expect(Math.abs(difference / norm - 1)).toBeLessThan(1e-2)
    await session.release()
  })
})
