/** @file Which tensors are maps of the picture: shown by the graph, never guessed from a number of tokens that is a square. */
import { expect, test } from 'vitest'
import { isShown, type Layout, layoutOf } from '../../src/graph/layout.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { layersOf, runtime } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { images } from '../support/small-nets.ts'
import { answersOf } from '../support/patch-test.ts'

const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })

/** x [N, 3, 12, 16] → patches of 2×2 `map` [N, 8, 6, 8] → … → its mean [N, 8]. */
const networkOf = (nodes: readonly NodeSpec[], last: string, axes: number[], weights: Readonly<Record<string, Tensor>>): Uint8Array =>
  buildModel({
    opset: 17,
    inputs: { x: ['N', 3, 12, 16] },
    outputs: { y: ['N', 8] },
    weights: { w: numbers(1, [8, 3, 2, 2], -0.5, 0.5), ...weights },
    nodes: [node('Conv', ['x', 'w'], 'map', { strides: [2, 2] }), ...nodes, node('ReduceMean', [last], 'y', { axes, keepdims: 0 })],
  })

/** The layouts of tensors, by name; undefined where one is no map. */
async function layoutsIn(model: Uint8Array, names: readonly string[]): Promise<(Layout | undefined)[]> {
  const { graph } = readModel(model)
  const info = await learnTensorInfo(readModel(model), runtime, { x: ['N', 3, 12, 16] })
  for (const name of names) expect(isShown(graph, info, name), name).toBe(true)
  return names.map((name) => layoutOf(graph, info, name, new Map()))
}

const windowed = networkOf(
  [
    node('Transpose', ['map'], 'last', { perm: [0, 2, 3, 1] }),
    node('Reshape', ['last', 'split'], 'parts'),
    node('Transpose', ['parts'], 'turned', { perm: [0, 1, 3, 2, 4, 5] }),
    node('Reshape', ['turned', 'merge'], 'windows'),
    node('Relu', ['windows'], 'inside'),
    node('Reshape', ['inside', 'unmerge'], 'apart'),
    node('Transpose', ['apart'], 'back', { perm: [0, 1, 3, 2, 4, 5] }),
    node('Reshape', ['back', 'whole'], 'again'),
  ],
  'again',
  [1, 2],
  {
    split: ints(-1, 3, 2, 2, 4, 8),
    merge: ints(-1, 6, 8, 8),
    unmerge: ints(-1, 3, 2, 2, 4, 8),
    whole: ints(-1, 6, 8, 8),
  },
)

test('windows are no map, though six times eight would be one; their inverse is', async () => {
  const map = { kind: 'nhwc', channels: 8, height: 6, width: 8 }
  expect(await layoutsIn(windowed, ['last', 'windows', 'inside', 'again'])).toEqual([map, undefined, undefined, map])
})

const image = { name: 'x', layout: 'nchw', tensor: images(1, 7, 12, 16) } as const
const answers = (model: Uint8Array, name: string, layout: Layout) =>
  answersOf({ model: readModel(model), feature: { name, layout }, image })

test('the patch test tells a map from windows that are read as one', async () => {
  const layout: Layout = { kind: 'nhwc', channels: 8, height: 6, width: 8 }
  const map = await answers(windowed, 'again', layout)
  expect(map?.pass).toBe(true)
  expect(map?.margin).toBeGreaterThan(0.2)
  expect(await answers(windowed, 'inside', layout)).toMatchObject({ pass: false, other: 'windows of 2×4' })
})

const tokens = [node('Reshape', ['map', 'flat'], 'places'), node('Transpose', ['places'], 'tokens', { perm: [0, 2, 1] })]
const flat = ints(0, 8, 48)
const other = (count: number): Tensor => numbers(2, [1, count, 8], -0.5, 0.5)
const beside = [
  node('Shape', ['x'], 'sizes'),
  node('Gather', ['sizes', 'zero'], 'batch'),
  node('Concat', ['batch', 'one', 'eight'], 'wide', { axis: 0 }),
]
const constants = { zero: ints(0), one: ints(-1), eight: ints(8) }

test('the patch test tells the grid of tokens from wrong ones', async () => {
  const model = networkOf(
    [
      ...tokens,
      node('Transpose', ['map'], 'turned', { perm: [0, 1, 3, 2] }),
      node('Concat', ['front', 'tokens', 'behind'], 'all', { axis: 1 }),
    ],
    'all',
    [1],
    { flat, front: other(2), behind: other(4) },
  )
  const grid = { kind: 'nlc', channels: 8, height: 6, width: 8, skip: 2, after: 4 } as const
  const right = await answers(model, 'all', grid)
  expect(right?.pass).toBe(true)
  expect(right?.margin).toBeGreaterThan(0.2)
  expect(await answers(model, 'all', { ...grid, skip: 1, after: 5 })).toMatchObject({ pass: false, other: '1 tokens early' })
  expect(await answers(model, 'all', { ...grid, skip: 6, after: 0 })).toMatchObject({ pass: false, other: '4 tokens late' })
  expect(await answers(model, 'all', { ...grid, height: 4, width: 12 })).toMatchObject({ pass: false, other: '6 × 8' })
  expect(await answers(model, 'all', { ...grid, height: 8, width: 6 })).toMatchObject({ pass: false, other: '6 × 8' })
  const sides: Layout = { kind: 'nchw', channels: 8, height: 6, width: 8 }
  expect(await answers(model, 'turned', sides)).toMatchObject({ pass: false })
})

test('tokens behind the grid are no places, though all of them would be a square', async () => {
  const model = networkOf(
    [
      ...tokens,
      ...beside,
      node('Expand', ['front', 'wide1'], 'class'),
      node('Concat', ['batch', 'fifteen', 'eight'], 'wide15', { axis: 0 }),
      node('Expand', ['behind', 'wide15'], 'boxes'),
      node('Concat', ['batch', 'first', 'eight'], 'wide1', { axis: 0 }),
      node('Concat', ['class', 'tokens', 'boxes'], 'all', { axis: 1 }),
      node('Relu', ['all'], 'rectified'),
    ],
    'rectified',
    [1],
    { flat, ...constants, front: other(1), behind: other(15), first: ints(1), fifteen: ints(15) },
  )
  const grid = { kind: 'nlc', channels: 8, height: 6, width: 8, skip: 1, after: 15 }
  expect(await layoutsIn(model, ['tokens', 'all', 'rectified'])).toEqual([
    { kind: 'nlc', channels: 8, height: 6, width: 8, skip: 0 },
    grid,
    grid,
  ])
})

test('queries are no places, and the map that they ask is the layer', async () => {
  const model = networkOf(
    [
      ...tokens,
      node('MatMul', ['tokens', 'k'], 'keys'),
      node('Transpose', ['keys'], 'across', { perm: [0, 2, 1] }),
      node('MatMul', ['queries', 'across'], 'likeness'),
      node('Softmax', ['likeness'], 'shares', { axis: -1 }),
      node('MatMul', ['shares', 'tokens'], 'answers'),
      node('MatMul', ['answers', 'm'], 'hidden'),
      node('Relu', ['hidden'], 'rectified'),
    ],
    'rectified',
    [1],
    { flat, queries: other(25), k: numbers(3, [8, 8], -0.5, 0.5), m: numbers(4, [8, 8], -0.5, 0.5) },
  )
  expect(await layoutsIn(model, ['answers', 'rectified'])).toEqual([undefined, undefined])
  const { feature } = await layersOf(model)
  expect([feature.name, feature.certain, feature.why]).toEqual(['map', true, 'map that the last attention looks at'])
})

test('what is pooled within windows is a map of windows, what is pooled over them is none', async () => {
  const parts = [
    node('Transpose', ['map'], 'last', { perm: [0, 2, 3, 1] }),
    node('Reshape', ['last', 'split'], 'parts'),
    node('Transpose', ['parts'], 'turned', { perm: [0, 1, 3, 2, 4, 5] }),
    node('Reshape', ['turned', 'merge'], 'windows'),
    node('ReduceMax', ['windows'], 'over', { axes: [1], keepdims: 0 }),
    node('ReduceMax', ['windows'], 'within', { axes: [2], keepdims: 0 }),
    node('Relu', ['within'], 'rectified'),
  ]
  const model = networkOf(parts, 'rectified', [1], { split: ints(-1, 3, 2, 2, 4, 8), merge: ints(-1, 6, 8, 8) })
  const grid = { kind: 'nlc', channels: 8, height: 3, width: 2, skip: 0 } as const
  expect(await layoutsIn(model, ['over', 'within', 'rectified'])).toEqual([undefined, grid, grid])
  expect(await answers(model, 'within', grid)).toMatchObject({ pass: true })
})

test('tokens whose attention looks at a coarser map of them are the layer', async () => {
  const model = networkOf(
    [
      ...[...tokens, ...beside],
      node('Concat', ['batch', 'one1', 'eight'], 'wide1', { axis: 0 }),
      node('Expand', ['front', 'wide1'], 'class'),
      node('Concat', ['class', 'tokens'], 'stream', { axis: 1 }),
      node('LayerNormalization', ['stream', 'scale'], 'normed', { axis: -1 }),
      node('Slice', ['normed', 'one1', 'end', 'one1'], 'places2'),
      node('Transpose', ['places2'], 'across', { perm: [0, 2, 1] }),
      node('Reshape', ['across', 'sides'], 'again'),
      node('Conv', ['again', 'w2'], 'coarse', { strides: [2, 2] }),
      node('Reshape', ['coarse', 'twelve'], 'keys'),
      node('MatMul', ['normed', 'keys'], 'likeness'),
      node('Softmax', ['likeness'], 'shares', { axis: -1 }),
      node('Transpose', ['keys'], 'values', { perm: [0, 2, 1] }),
      node('MatMul', ['shares', 'values'], 'answers'),
      node('Add', ['stream', 'answers'], 'block'),
      node('Slice', ['block', 'zero', 'one1', 'one1'], 'read'),
    ],
    'read',
    [1],
    {
      ...{ flat, ...constants, front: other(1), one1: ints(1), end: ints(49), sides: ints(-1, 8, 6, 8), twelve: ints(-1, 8, 12) },
      ...{ scale: numbers(5, [8], 0.5, 1.5), w2: numbers(6, [8, 8, 2, 2], -0.5, 0.5) },
    },
  )
  const { feature } = await layersOf(model)
  expect([feature.name, feature.certain, feature.layout]).toEqual([
    'stream',
    true,
    { kind: 'nlc', channels: 8, height: 6, width: 8, skip: 1 },
  ])
  expect(await answers(model, 'stream', feature.layout)).toMatchObject({ pass: true })
})

test('tokens that are chosen by their values are no places', async () => {
  const model = networkOf(
    [
      ...tokens,
      node('ReduceMean', ['tokens'], 'strength', { axes: [2], keepdims: 1 }),
      node('TopK', ['strength', 'sixteen'], ['most', 'which'], { axis: 1 }),
      node('Expand', ['which', 'wide'], 'index'),
      node('GatherElements', ['tokens', 'index'], 'kept', { axis: 1 }),
      node('Relu', ['kept'], 'rectified'),
    ],
    'rectified',
    [1],
    { flat, sixteen: ints(16), wide: ints(1, 1, 8) },
  )
  expect(await layoutsIn(model, ['kept', 'rectified'])).toEqual([undefined, undefined])
})
