/** @file Layers that no gradient of the score reaches are neither chosen nor offered: what only chooses, compares or counts. */
import { expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { layersOf } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'

const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const scalar = (value: number): Tensor => ({ type: 'float32', dims: [], data: Float32Array.of(value) })

/** `last` makes the scores [1, 5]; the later map `aside` makes `chosen` [1, 5], which tells which of them is the output. */
const networkOf = (choice: readonly NodeSpec[]): Uint8Array =>
  buildModel({
    opset: 17,
    inputs: { x: [1, 3, 12, 16] },
    outputs: { y: [1, 1] },
    weights: {
      ...{ w1: numbers(1, [8, 3, 3, 3], -0.5, 0.5), w2: numbers(2, [8, 8, 3, 3]), w3: numbers(3, [5, 8, 3, 3]), m: numbers(4, [8, 5]) },
      ...{
        one: ints(1),
        two: ints(2),
        zero: ints(0),
        three: ints(3),
        best: ints(1),
        corners: numbers(5, [1, 5, 4], 0, 1),
        wide: ints(1, 1, 5),
      },
      ...{ nothing: scalar(0), half: scalar(0.5) },
    },
    nodes: [
      node('Conv', ['x', 'w1'], 'first', { strides: [2, 2], pads: [1, 1, 1, 1] }),
      node('Relu', ['first'], 'map'),
      node('Conv', ['map', 'w2'], 'second', { pads: [1, 1, 1, 1] }),
      node('Relu', ['second'], 'last'),
      node('ReduceMean', ['last'], 'pooled', { axes: [2, 3], keepdims: 0 }),
      node('MatMul', ['pooled', 'm'], 'scores'),
      node('Conv', ['map', 'w3'], 'third', { pads: [1, 1, 1, 1] }),
      node('Relu', ['third'], 'aside'),
      node('ReduceMean', ['aside'], 'chosen', { axes: [2, 3], keepdims: 0 }),
      ...choice,
    ],
  })

const gathered = node('GatherElements', ['scores', 'index'], 'y', { axis: 1 })
const summed = node('ReduceSum', ['kept', 'one'], 'y', { keepdims: 1 })

test.each<[string, readonly NodeSpec[]]>([
  ['the indices of TopK', [node('TopK', ['chosen', 'best'], ['top', 'index'], { axis: 1 }), gathered]],
  ['ArgMax', [node('ArgMax', ['chosen'], 'index', { axis: 1, keepdims: 1 }), gathered]],
  ['a cast to integers', [node('ReduceMean', ['chosen'], 'mean', { axes: [1] }), node('Cast', ['mean'], 'index', { to: 7 }), gathered]],
  ['a comparison', [node('Greater', ['chosen', 'half'], 'is'), node('Where', ['is', 'scores', 'nothing'], 'kept'), summed]],
  [
    'a mask of 0 and 1',
    [node('Greater', ['chosen', 'half'], 'is'), node('Cast', ['is'], 'mask', { to: 1 }), node('Mul', ['scores', 'mask'], 'kept'), summed],
  ],
  ['rounding', [node('Round', ['chosen'], 'steps'), node('Mul', ['scores', 'steps'], 'kept'), summed]],
  [
    'NonMaxSuppression',
    [
      node('Reshape', ['chosen', 'wide'], 'rated'),
      node('NonMaxSuppression', ['corners', 'rated', 'best'], 'kept'),
      node('Slice', ['kept', 'two', 'three', 'one'], 'numbers'),
      node('Slice', ['numbers', 'zero', 'one', 'zero'], 'index'),
      gathered,
    ],
  ],
])('a map that is read through %s alone', async (_, choice) => {
  const { feature } = await layersOf(networkOf(choice), { reductionLayer: 'y' })
  const offered = [feature, ...feature.runnersUp].map(({ name }) => name)
  expect(offered[0]).toBe('last')
  for (const name of ['aside', 'third']) expect(offered).not.toContain(name)
})

test('a map that the score multiplies is reached', async () => {
  const { feature } = await layersOf(networkOf([node('Mul', ['scores', 'chosen'], 'kept'), summed]))
  expect([feature.name, ...feature.runnersUp.map(({ name }) => name)]).toContain('aside')
})
