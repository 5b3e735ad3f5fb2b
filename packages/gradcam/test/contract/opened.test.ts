/** @file Models whose inputs are unusual, from loading to map: every road says the same, with numbers by hand. */
import { describe, expect, test } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import type { Network } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, modelProto, node } from '../support/build.ts'
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { colours, first3, open, photo, rest, same, side } from '../support/colours.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const unit = {
  steps: [{ kind: 'resize', to: 'input', filter: 'bilinear' }],
  scale: 1 / 255,
  mean: [],
  std: [],
  channelOrder: 'rgb',
  layout: 'nchw',
} as const
const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
/** Red speaks for class 0 on the left half alone. */
async function looksLeft(network: Network, image: Pixels | Tensor): Promise<void> {
  const why = await network.explain(image, { target: 0 })
  expect(why.score).toBeCloseTo(0.5, 4)
  const row = Array.from(why.raw.data.subarray(0, side))
  expect(row).toEqual(row.map((_, x) => (x < side / 2 ? expect.closeTo(row[0] as number, 6) : 0)))
  expect(row[0]).toBeGreaterThan(0)
  const best = await network.predict(image, { top: 3 })
  expect(best.map(({ index }) => index).sort((a, b) => a - b)).toEqual([0, 1, 2])
  expect(best.find(({ index }) => index === 0)?.score).toBeCloseTo(0.5, 4)
  expect((await network.layers()).feature.name).toBe(why.featureLayer)
}

const halves = float32(
  Array.from({ length: 3 * side * side }, (_, i) => (Math.floor(i / (side * side)) === (i % side < side / 2 ? 0 : 1) ? 1 : 0)),
  [3, side, side],
)

describe('no batch axis', () => {
  const chw = (more: Partial<ModelSpec> = {}): ModelSpec => ({
    ...colours,
    inputs: { x: [3, side, side] },
    outputs: { logits: [1, 3] },
    weights: { ...colours.weights, zero: ints(0) },
    nodes: [node('Unsqueeze', ['x', 'zero'], 'u'), node('Conv', ['u', 'same'], 'c'), ...rest],
    ...more,
  })

  test('photos, tensors with and without a batch axis', async () => {
    const network = await open(buildModel(chw()), { preprocessing: unit })
    for (const image of [photo, halves, { ...halves, dims: [1, 3, side, side] }]) await looksLeft(network, image)
    expect(network.model.inputs[0]?.shape).toEqual([3, side, side])
  })

  test('scores without a batch axis, too; channels last; free sizes', async () => {
    const bare = chw({ outputs: { scores: [3] } })
    const nodes = [...bare.nodes, node('Squeeze', ['logits', 'zero'], 'scores')]
    await looksLeft(await open(buildModel({ ...bare, nodes }), { preprocessing: unit }), photo)
    const last = [node('Transpose', ['x'], 't', { perm: [2, 0, 1] }), node('Unsqueeze', ['t', 'zero'], 'u'), ...chw().nodes.slice(1)]
    await looksLeft(await open(buildModel(chw({ inputs: { x: [side, side, 3] }, nodes: last })), { preprocessing: unit }), photo)
    await looksLeft(await open(buildModel(chw({ inputs: { x: [3, 'H', 'W'] } })), { preprocessing: unit }), photo)
  })

  test('what a detector sorts has no batch axis either: values of it are those of the one image', async () => {
    const bare = chw({ outputs: { best: [2], which: [2] }, weights: { ...chw().weights, two: ints(2) } })
    const nodes = [...bare.nodes, node('Squeeze', ['logits', 'zero'], 'all'), node('TopK', ['all', 'two'], ['best', 'which'])]
    const proto = modelProto({ ...bare, nodes })
    const [, which] = proto.graph?.output ?? []
    if (which?.type?.value.case === 'tensorType') which.type.value.value.elemType = 7
    const network = await open(toBinary(ModelProtoSchema, proto), { preprocessing: unit })
    const why = await network.explain(photo, { target: 'value:best[1]' })
    // red and green fill half of the photo each: the second of the two best is green, on the right
    expect(why.score).toBeCloseTo(0.5, 4)
    expect(Array.from(why.raw.data.subarray(0, side), (value) => value > 0)).toEqual([false, false, false, false, true, true, true, true])
  })

  test('its gradient is that of the model as it is', async () => {
    const network = await open(buildModel(chw()))
    const gradient = await network.gradient({ of: 'logits', index: 0, wrt: 'x', inputs: { x: halves } })
    expect(gradient.dims).toEqual([3, side, side])
    expect(Array.from(gradient.data as Float32Array).slice(0, 2)).toEqual([1 / 64, 1 / 64])
  })
})

describe('channels', () => {
  const bands = (channels: number): Uint8Array =>
    buildModel({
      ...colours,
      inputs: { x: [1, channels, side, side] },
      weights: { ...colours.weights, same: numbers(1, [4, channels, 1, 1], 0, 1) },
    })

  test.each([
    [6, /6 channels, a photo has 1 or 3/],
    [4, /4 channels.*not taken for RGBA/],
    [2, /2 channels.*grey and alpha/],
  ])('%i: tensors are taken, photos refused', async (channels, message) => {
    const network = await open(bands(channels))
    const why = await network.explain(numbers(3, [1, channels, side, side], 0, 1), { target: 0 })
    expect(why.map).toMatchObject({ width: side, height: side })
    const error = await refusal(() => network.explain(photo))
    expect([error.code, error.message, error.hint]).toEqual([
      'unsupported-model',
      expect.stringMatching(message),
      expect.stringContaining('.npy'),
    ])
  })
})

describe('other inputs', () => {
  const kinds: [string, number[], string][] = [
    ['a series [N, C, L]', [1, 1, 16], 'Conv'],
    ['a volume [N, C, D, H, W]', [1, 1, 8, 8, 8], 'Conv'],
  ]
  test.each(kinds)('%s is called what it is', async (words, shape, operator) => {
    const kernel = [4, 1, ...shape.slice(2).map(() => 3)]
    const network = await open(
      buildModel({
        inputs: { x: shape },
        outputs: { y: [] },
        weights: { w: numbers(1, kernel) },
        nodes: [node(operator, ['x', 'w'], 'y')],
      }),
    )
    const error = await refusal(() => network.layers())
    expect([error.code, error.message, error.hint]).toEqual([
      'unsupported-model',
      expect.stringContaining(words),
      expect.stringContaining('`gradient()`'),
    ])
  })

  test('gradients need no image', async () => {
    const network = await open(
      buildModel({
        inputs: { x0: [1, 2] },
        outputs: { y: [1, 1] },
        weights: { w: float32([2, 3], [2, 1]) },
        nodes: [node('Gemm', ['x0', 'w'], 'y')],
      }),
    )
    const gradient = await network.gradient({ of: 'y', index: 0, wrt: 'x0', inputs: { x0: float32([1, 1], [1, 2]) } })
    expect(Array.from(gradient.data as Float32Array)).toEqual([2, 3])
  })

  test('those that nobody reads need not be given', async () => {
    const network = await open(buildModel({ ...colours, inputs: { 'norm/y:0': [1, 1, 1, 3], ...colours.inputs } }), { preprocessing: unit })
    await looksLeft(network, photo)
    const why = await network.explain(photo, { target: 0, inputs: { 'norm/y:0': float32([1, 1, 1], [1, 1, 1, 3]) } })
    expect(why.score).toBeCloseTo(0.5, 4)
  })

  test('what only dead nodes read need not be given either', async () => {
    const nodes = [...colours.nodes, node('Relu', ['phase'], 'nowhere')]
    await looksLeft(
      await open(buildModel({ ...colours, inputs: { ...colours.inputs, phase: [1] }, nodes }), { preprocessing: unit }),
      photo,
    )
  })

  test('nodes in any order', async () => {
    const proto = modelProto(colours)
    proto.graph?.node.reverse()
    await looksLeft(await open(toBinary(ModelProtoSchema, proto), { preprocessing: unit }), photo)
  })

  test('a cycle is refused', async () => {
    const nodes = [node('Add', ['x', 'b'], 'a'), node('Relu', ['a'], 'b'), ...colours.nodes]
    const error = await refusal(() => open(buildModel({ ...colours, nodes })))
    expect([error.code, error.message]).toEqual(['model-invalid', expect.stringContaining('cyclic')])
  })
})

describe('two images', () => {
  // logits: means of red of both, of green of left, of blue of right
  const siamese: ModelSpec = {
    inputs: { left: [1, 3, side, side], right: [1, 3, 4, 4] },
    outputs: { logits: [1, 3] },
    weights: { same, head: float32([1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], [3, 8]) },
    nodes: [
      ...['left', 'right'].flatMap((name) => [
        node('Conv', [name, 'same'], `${name}/c`),
        node('Relu', [`${name}/c`], `${name}/f`),
        node('GlobalAveragePool', [`${name}/f`], `${name}/p`),
        node('Flatten', [`${name}/p`], `${name}/flat`),
      ]),
      node('Concat', ['left/flat', 'right/flat'], 'both', { axis: 1 }),
      node('Gemm', ['both', 'head'], 'logits', { transB: 1 }),
    ],
  }
  const even = (level: number): Pixels => ({ width: 5, height: 3, channels: 3, data: new Uint8Array(45).fill(level) })

  test('the other photo is prepared at its own size; the map is of the one that is explained', async () => {
    const network = await open(buildModel(siamese), { preprocessing: unit })
    const why = await network.explain(photo, { target: 0, inputs: { right: even(51) } })
    // half of left is red; right is grey of 51 / 255
    expect(why.score).toBeCloseTo(0.5 + 0.2, 4)
    expect(why.featureLayer).toBe('left/f')
    expect(why.warnings.map(({ code }) => code)).toContain('image-input-assumed')
    const best = await network.predict(photo, { top: 3, inputs: { right: even(51) } })
    expect(best.map(({ index, score }) => [index, Number(score.toFixed(3))])).toEqual([
      [0, 0.7],
      [1, 0.5],
      [2, 0.2],
    ])
    expect((await network.layers()).feature.name).toBe('left/f')
    expect((await network.path(photo, { target: 0, inputs: { right: even(51) } })).layers.feature.name).toBe('left/f')
  })

  test('the image is named', async () => {
    const network = await open(buildModel(siamese), { preprocessing: unit, imageInput: 'right' })
    const why = await network.explain(photo, { target: 0, inputs: { left: float32(new Float32Array(192), [1, 3, side, side]) } })
    expect(why.featureLayer).toBe('right/f')
    expect(why.score).toBeCloseTo(0.5, 4)
    expect(why.warnings.map(({ code }) => code)).not.toContain('image-input-assumed')
  })

  test('what is missing or unknown is named', async () => {
    const network = await open(buildModel(siamese), { preprocessing: unit })
    const missing = await refusal(() => network.explain(photo))
    expect([missing.message, missing.hint]).toEqual([
      expect.stringContaining('right [1, 3, 4, 4]'),
      expect.stringContaining("`inputs: { 'right': … }`"),
    ])
    const unknown = await refusal(() => network.predict(photo, { inputs: { rihgt: even(1) } }))
    expect([unknown.code, unknown.suggestions]).toEqual(['bad-option', ['right']])
    const tensor = float32(new Float32Array(48), [1, 3, 4, 4])
    const other = await refusal(() => network.predict(photo, { inputs: { right: tensor, rihgt: tensor } }))
    expect([other.code, other.suggestions]).toEqual(['bad-option', ['right']])
    const named = await refusal(() => open(buildModel(siamese), { imageInput: 'lefft' }))
    expect([named.code, named.suggestions]).toEqual(['bad-option', ['left']])
  })
})

describe('element types', () => {
  test('float64 is run in float32, and said', async () => {
    const wide = (tensor: Tensor): Tensor => ({ type: 'float64', dims: tensor.dims, data: Float64Array.from(tensor.data as Float32Array) })
    const bytes = buildModel({ ...colours, type: 'float64', weights: { same: wide(same), first3: wide(first3) } })
    const network = await open(bytes, { preprocessing: unit })
    await looksLeft(network, photo)
    const why = await network.explain(wide({ ...halves, dims: [1, 3, side, side] }), { target: 0 })
    expect(why.score).toBeCloseTo(0.5, 6)
    expect(why.warnings.map(({ code }) => code)).toContain('computed-in-float32')
  })

  test.each(['uint8', 'uint16', 'int8', 'float16'] as const)('%s', async (type) => {
    const nodes = [
      node('Cast', ['x'], 'k', { to: 1 }),
      node('Mul', ['k', 's'], 'm'),
      node('Conv', ['m', 'same'], 'c'),
      ...rest,
      node('Cast', ['logits'], 'out', { to: type === 'float16' ? 10 : 1 }),
    ]
    const spec: ModelSpec = {
      ...colours,
      type,
      outputs: { out: ['N', 3] },
      weights: { ...colours.weights, s: float32([1 / 255], []) },
      nodes,
    }
    const proto = modelProto(spec)
    const [output] = proto.graph?.output ?? []
    if (output?.type?.value.case === 'tensorType' && type !== 'float16') output.type.value.value.elemType = 1
    const network = await open(toBinary(ModelProtoSchema, proto))
    const even: Pixels = {
      width: 4,
      height: 4,
      channels: 3,
      data: Uint8Array.from({ length: 48 }, (_, i) => [255, 153, 0][i % 3] as number),
    }
    const best = await network.predict(even, { top: 3 })
    const shift = type === 'int8' ? 128 / 255 : 0
    for (const [c, level] of [1, 0.6, 0].entries())
      expect(best.find(({ index }) => index === c)?.score).toBeCloseTo(Math.max(0, level - shift), 2)
  })
})
