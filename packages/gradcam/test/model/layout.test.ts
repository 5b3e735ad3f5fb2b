/** @file Where the channels of a tensor lie, by the operator that makes it. */
import { expect, test } from 'vitest'
import { channelAxes } from '../../src/graph/layout.ts'
import { readModel } from '../../src/graph/model.ts'
import type { TensorInfo } from '../../src/graph/tensor-info.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'

const scale = float32([0.1], [])
const zero: Tensor = { type: 'uint8', dims: [], data: Uint8Array.of(0) }
const matrix: Tensor = { type: 'uint8', dims: [8, 6], data: new Uint8Array(48) }

/** Axis of the channels of y [2, 4, 6], made from x [2, 4, 8]. */
function axisOf(nodes: readonly NodeSpec[]): number | undefined {
  const weights = { scale, zero, matrix, floats: float32(new Float32Array(48), [8, 6]) }
  const { graph } = readModel(buildModel({ inputs: { x: [2, 4, 8] }, outputs: { y: [2, 4, 6] }, nodes, weights }))
  const shapes: Record<string, number[]> = { x: [2, 4, 8], y: [2, 4, 6], scale: [], zero: [], matrix: [8, 6], floats: [8, 6] }
  const find: TensorInfo['find'] = (name) => {
    const shape = shapes[name]
    return shape && { name, type: 'float32', shape }
  }
  return channelAxes(graph, { find } as TensorInfo).get('y')
}

test('a product with a fixed matrix makes the last axis one of channels, also of integers', () => {
  expect(axisOf([node('MatMul', ['x', 'floats'], 'y')])).toBe(2)
  expect(axisOf([node('QLinearMatMul', ['x', 'scale', 'zero', 'matrix', 'scale', 'zero', 'scale', 'zero'], 'y')])).toBe(2)
})
