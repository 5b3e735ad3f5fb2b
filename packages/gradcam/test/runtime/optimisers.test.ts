/** @file Zeros that a Pad lays round negative numbers are what a MaxPool behind it sees: the runtime's optimiser would take them for −∞. */
import { describe, expect, test } from 'vitest'
import { deriveModel } from '../../src/graph/derive.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { runtimeFor } from '../support/providers.ts'

const int64 = (values: readonly number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const weights = {
  pads: int64([0, 0, 1, 1, 0, 0, 1, 1]),
  zero: float32([0], []),
  low: float32([-9], []),
  infinite: float32([Number.NEGATIVE_INFINITY], []),
}
const pool = (from: string): NodeSpec => node('MaxPool', [from], 'y', { kernel_shape: [3, 3] })
const pad = (value?: keyof typeof weights): NodeSpec => node('Pad', value ? ['x', 'pads', value] : ['x', 'pads'], 'p')
const x = float32([-1, -2, -3, -4], [1, 1, 2, 2])

const model = (nodes: readonly NodeSpec[], opset = 13) =>
  deriveModel(readModel(buildModel({ inputs: { x: [1, 1, 2, 2] }, outputs: { y: [1, 1, 2, 2] }, nodes, weights, opset })), {
    outputs: ['y'],
  })

// every window of three sees the border
const cases: [title: string, nodes: NodeSpec[], y: number, avoids: boolean, opset?: number][] = [
  ['zeros by default', [pad(), pool('p')], 0, true],
  ['zeros by a value', [pad('zero'), pool('p')], 0, true],
  ['zeros by an attribute', [node('Pad', ['x'], 'p', { pads: [0, 0, 1, 1, 0, 0, 1, 1] }), pool('p')], 0, true, 10],
  ['a copy between', [pad(), node('Identity', ['p'], 'i'), pool('i')], 0, true],
  ['−∞', [pad('infinite'), pool('p')], -1, false],
  ['−9', [pad('low'), pool('p')], -1, false],
  ['the nearest number', [node('Pad', ['x', 'pads'], 'p', { mode: 'edge' }), pool('p')], -1, false],
  ['the pool’s own', [node('MaxPool', ['x'], 'y', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })], -1, false],
  ['zeros, then ReLU', [pad(), node('Relu', ['p'], 'r'), pool('r')], 0, false],
]

describe.each(['cpu', 'wasm'] as const)('MaxPool behind Pad on %s', (provider) => {
  test.each(cases)('%s', async (_, nodes, y, avoids, opset) => {
    const derived = model(nodes, opset)
    expect(derived.withoutOptimisers ?? []).toEqual(avoids ? ['Pad_Fusion'] : [])
    const session = await (await runtimeFor(provider)).open(derived)
    const run = await session.run({ x })
    expect([...toFloat32(run['y'] as Tensor)]).toEqual([y, y, y, y])
    await session.release()
  })
})
