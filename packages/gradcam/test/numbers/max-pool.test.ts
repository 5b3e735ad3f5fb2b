/** @file MaxPool over −∞, which padding of the model's own may hold: gradients by hand. */
import { expect, test } from 'vitest'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { gradientsOf } from '../support/gradients.ts'

const pads: Tensor = { type: 'int64', dims: [8], data: BigInt64Array.from([0, 0, 1, 1, 0, 0, 1, 1], BigInt) }
const value = float32([Number.NEGATIVE_INFINITY], [])
const x = float32([1, 2, 3, 4], [1, 1, 2, 2])

test.each([
  // each window of two by two holds one number of x
  ['strides', { kernel_shape: [2, 2], strides: [2, 2] }, [1, 1, 2, 2], [1, 10, 100, 1000], [1, 10, 100, 1000]],
  // the four windows of three by three all hold x, whose largest is the last
  ['no strides', { kernel_shape: [3, 3] }, [1, 1, 2, 2], [1, 10, 100, 1000], [0, 0, 0, 1111]],
  // a window that holds nothing but padding hands nothing back
  ['an empty window', { kernel_shape: [1, 1], strides: [3, 3] }, [1, 1, 2, 2], [1, 10, 100, 1000], [0, 0, 0, 0]],
  ['an empty window without strides', { kernel_shape: [1, 2] }, [1, 1, 4, 3], [...Array(12).keys()], [3, 9, 6, 15]],
] as const)('%s', async (_, attributes, output, seed, expected) => {
  const nodes = [node('Pad', ['x', 'pads', 'value'], 'p'), node('MaxPool', ['p'], 'y', attributes)]
  const model = buildModel({ inputs: { x: [1, 1, 2, 2] }, outputs: { y: output }, nodes, weights: { pads, value } })
  const { x: gradient } = await gradientsOf(model, { x }, { y: float32(seed, output) }, ['x'])
  expect([...toFloat32(gradient as Tensor)]).toEqual(expected)
})
