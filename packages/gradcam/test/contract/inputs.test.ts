/** @file What inputs are, by evidence: layout by the first convolution, roles by readers and names, the image among several. */
import { describe, expect, test } from 'vitest'
import { chooseImage } from '../../src/contract/choose-image.ts'
import { inputFacts } from '../../src/contract/inputs.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const filters = (channels: number, ...kernel: number[]): Tensor => numbers(1, [4, channels, ...kernel])

/** What no node reads is put out. */
const ends = (nodes: NodeSpec[]): Record<string, Shape> => {
  const read = new Set(nodes.flatMap((each) => each.inputs))
  return Object.fromEntries(nodes.flatMap(({ outputs }) => outputs).flatMap((name) => (read.has(name) ? [] : [[name, []]])))
}

const spec = (inputs: Record<string, Shape>, nodes: NodeSpec[], weights: ModelSpec['weights'] = {}, more: Partial<ModelSpec> = {}) =>
  readModel(buildModel({ inputs, outputs: ends(nodes), nodes, weights, ...more })).graph

const conv = (from: string, to = 'y') => node('Conv', [from, 'w'], to)
const w3 = { w: filters(3, 3, 3) }

describe('layout and channels', () => {
  test.each<[string, Shape, NodeSpec[], ModelSpec['weights'], string, string, number]>([
    ['channels first', ['N', 3, 'H', 'W'], [conv('x')], w3, 'nchw', 'graph', 3],
    ['everything free', ['N', 'C', 'H', 'W'], [conv('x')], w3, 'nchw', 'graph', 3],
    ['grey by the weights', ['N', 'C', 'H', 'W'], [conv('x')], { w: filters(1, 3, 3) }, 'nchw', 'graph', 1],
    [
      'three rows are no channels',
      [1, 3, 32, 6],
      [node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }), conv('t')],
      { w: filters(6, 1, 1) },
      'nhwc',
      'graph',
      6,
    ],
    [
      'turned after arithmetic',
      ['N', 'H', 'W', 'C'],
      [node('Div', ['x', 's'], 'd'), node('Transpose', ['d'], 't', { perm: [0, 3, 1, 2] }), conv('t')],
      { ...w3, s: float32([255], []) },
      'nhwc',
      'graph',
      3,
    ],
    [
      'padded before it is turned',
      [1, 32, 32, 3],
      [node('Pad', ['x', 'p'], 'q'), node('Transpose', ['q'], 't', { perm: [0, 3, 1, 2] }), conv('t')],
      { ...w3, p: ints(0, 1, 1, 0, 0, 1, 1, 0) },
      'nhwc',
      'graph',
      3,
    ],
    [
      'the runtime’s own convolution of channels last',
      [1, 32, 32, 'C'],
      [node('NhwcConv', ['x', 'w'], 'y', {}, 'com.microsoft')],
      w3,
      'nhwc',
      'graph',
      3,
    ],
    [
      'depthwise first',
      ['N', 'C', 'H', 'W'],
      [node('Conv', ['x', 'w'], 'y', { group: 3 })],
      { w: numbers(1, [3, 1, 3, 3]) },
      'nchw',
      'graph',
      3,
    ],
    [
      'slices of a focus layer',
      [1, 3, 32, 32],
      [
        ...[0, 1].map((k) => node('Slice', ['x', `s${k}`, 'e', 'a', 'two'], `p${k}`)),
        node('Concat', ['p0', 'p1'], 'c', { axis: 1 }),
        conv('c'),
      ],
      { w: filters(6, 3, 3), s0: ints(0), s1: ints(1), e: ints(32), a: ints(2), two: ints(2) },
      'nchw',
      'graph',
      3,
    ],
    [
      'patches by Reshape and MatMul',
      [1, 3, 8, 8],
      [
        node('Reshape', ['x', 'cut'], 'r'),
        node('Transpose', ['r'], 't', { perm: [0, 2, 4, 3, 5, 1] }),
        node('Reshape', ['t', 'rows'], 'p'),
        node('MatMul', ['p', 'm'], 'y'),
      ],
      { cut: ints(1, 3, 4, 2, 4, 2), rows: ints(1, 16, 12), m: numbers(1, [12, 8]) },
      'nchw',
      'graph',
      3,
    ],
    ['a product at each pixel', ['N', 'H', 'W', 3], [node('MatMul', ['x', 'm'], 'y')], { m: numbers(1, [3, 8]) }, 'nhwc', 'graph', 3],
    ['pooling alone', [1, 1, 8, 8], [node('GlobalAveragePool', ['x'], 'y')], {}, 'nchw', 'graph', 1],
    ['no batch', [3, 64, 48], [node('Unsqueeze', ['x', 'zero'], 'u'), conv('u')], { ...w3, zero: ints(0) }, 'chw', 'graph', 3],
    [
      'no batch, channels last',
      [64, 48, 3],
      [node('Transpose', ['x'], 't', { perm: [2, 0, 1] }), node('Unsqueeze', ['t', 'zero'], 'u'), conv('u')],
      { ...w3, zero: ints(0) },
      'hwc',
      'graph',
      3,
    ],
    ['six bands', [1, 6, 64, 64], [conv('x')], { w: filters(6, 3, 3) }, 'nchw', 'graph', 6],
    ['nothing but a size', [1, 8, 8, 3], [node('Relu', ['x'], 'y')], {}, 'nhwc', 'convention', 3],
    ['nothing at all', ['N', 'a', 'b', 'c'], [node('Relu', ['x'], 'y')], {}, 'nchw', 'assumed', 3],
  ])('%s', (_, shape, nodes, weights, layout, source, channels) => {
    const [facts] = inputFacts(spec({ x: shape }, nodes, weights, { domains: ['com.microsoft'] }))
    expect(facts?.role.value).toBe('image')
    expect([facts?.image?.layout.value, facts?.image?.layout.source]).toEqual([layout, source])
    expect(facts?.image?.channels.value).toBe(channels)
  })

  test('sizes and batch, and the evidence in words', () => {
    const [nhwc] = inputFacts(spec({ x: [2, 20, 30, 3] }, [node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }), conv('t')], w3))
    expect(nhwc?.image).toMatchObject({ height: 20, width: 30, batch: 2 })
    expect(nhwc?.image?.layout.from).toBe('y/node (Conv) contracts axis 3')
    const [chw] = inputFacts(spec({ x: [3, 20, 'W'] }, [node('Unsqueeze', ['x', 'zero'], 'u'), conv('u')], { ...w3, zero: ints(0) }))
    expect(chw?.image).toMatchObject({ height: 20, width: undefined, batch: 1 })
  })

  test('weights that are stored as int8 tell their shape, too', () => {
    const weights = { w8: { type: 'int8' as const, dims: [4, 3, 3, 3], data: new Int8Array(108) }, s: float32([0.1], []) }
    const [facts] = inputFacts(spec({ x: ['N', 'C', 'H', 'W'] }, [node('DequantizeLinear', ['w8', 's'], 'w'), conv('x')], weights))
    expect(facts?.image?.channels).toMatchObject({ value: 3, source: 'graph' })
  })
})

describe('roles', () => {
  test.each<[string, Shape, NodeSpec[], ModelSpec['weights'], string]>([
    ['series', [1, 1, 128], [conv('x')], { w: filters(1, 3) }, 'series'],
    ['volume', [1, 1, 8, 32, 32], [conv('x')], { w: filters(1, 3, 3, 3) }, 'volume'],
    ['frames', [1, 4, 3, 32, 32], [node('Reshape', ['x', 'r'], 'f'), conv('f')], { ...w3, r: ints(-1, 3, 32, 32) }, 'frames'],
    ['numbers', [1, 5], [node('Relu', ['x'], 'y')], {}, 'numbers'],
    ['unused', [1, 1, 1, 3], [node('Constant', [], 'y', { value: float32([1], [1]) })], {}, 'unused'],
  ])('%s', (_, shape, nodes, weights, role) => {
    expect(inputFacts(spec({ x: shape }, nodes, weights))[0]?.role.value).toBe(role)
  })

  test('words that are looked up in a table, masks and sizes by name', () => {
    const nodes = [node('Gather', ['table', 'words'], 'a'), node('Relu', ['pixel_mask'], 'b'), node('Relu', ['orig_target_sizes'], 'c')]
    const graph = spec({ words: ['N', 'L'], pixel_mask: ['N', 1, 32, 32], orig_target_sizes: ['N', 2] }, nodes, {
      table: numbers(1, [9, 4]),
    })
    expect(inputFacts(graph).map(({ role }) => role.value)).toEqual(['tokens', 'mask', 'numbers'])
  })
})

describe('the image among several', () => {
  const choose = (inputs: Record<string, Shape>, nodes: NodeSpec[], named?: string) =>
    chooseImage(inputFacts(spec(inputs, nodes, { ...w3, w1: filters(1, 3, 3) })), named).choice
  const relu = (from: string) => node('Relu', [from], `${from}/r`)

  test('what a convolution reads, wherever it stands', () => {
    const found = choose({ grid: [1, 3, 8, 8], x: [1, 3, 8, 8] }, [relu('grid'), conv('x')])
    expect(found).toMatchObject({ value: 'x', source: 'graph', from: 'the only input that a convolution reads' })
  })

  test('then its name, then its channels', () => {
    const two = [node('Conv', ['a', 'w'], 'p'), node('Conv', ['pixel_values', 'w'], 'q')]
    expect(choose({ a: [1, 3, 8, 8], pixel_values: [1, 3, 8, 8] }, two)).toMatchObject({ value: 'pixel_values', from: 'its name' })
    const depth = [node('Conv', ['a', 'w1'], 'p'), node('Conv', ['b', 'w'], 'q')]
    expect(choose({ a: [1, 1, 8, 8], b: [1, 3, 8, 8] }, depth)).toMatchObject({ value: 'b', source: 'graph' })
  })

  const siamese: [Record<string, Shape>, NodeSpec[]] = [
    { left: [1, 3, 8, 8], right: [1, 3, 8, 8] },
    [node('Conv', ['left', 'w'], 'p'), node('Conv', ['right', 'w'], 'q')],
  ]

  test('two alike: the first, and the other one is named', () => {
    expect(choose(...siamese)).toMatchObject({ value: 'left', source: 'assumed', otherwise: ['right'] })
    expect(choose(...siamese, 'right')).toMatchObject({ value: 'right', source: 'given' })
  })

  test('a name that no image has', async () => {
    const error = await refusal(() => choose(...siamese, 'rigth'))
    expect([error.code, error.suggestions, error.hint]).toEqual(['bad-option', ['right'], expect.stringContaining('left, right')])
    const unfit = await refusal(() => choose({ x: [1, 3, 8, 8], n: [1, 2] }, [conv('x'), relu('n')], 'n'))
    expect([unfit.code, unfit.message]).toEqual(['bad-option', expect.stringContaining('numbers')])
  })
})
