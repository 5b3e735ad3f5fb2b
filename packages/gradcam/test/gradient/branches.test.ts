/** @file Branches with a known condition are inlined; others, and loops, are refused by name. */
import { create, toBinary } from '@bufbuild/protobuf'
import { type GraphProto, GraphProtoSchema, ModelProtoSchema, NodeProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../../src/core/errors.ts'
import { protoOf } from '../../src/io/onnx-tensor.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { modelProto, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { gradientsOf } from '../support/gradients.ts'

const boolean = (value: boolean): Tensor => ({ type: 'bool', dims: [], data: Uint8Array.of(value ? 1 : 0) })
const x = float32([1, -2, 3], [1, 3])
const seed = float32([1, 10, 100], [1, 3])

const inner = (operator: string, input: string[], output: string) => create(NodeProtoSchema, { opType: operator, input, output: [output] })
const branch = (nodes: GraphProto['node'], output: string, constants: Record<string, Tensor> = {}): GraphProto =>
  create(GraphProtoSchema, {
    name: output,
    node: nodes,
    output: [{ name: output }],
    initializer: Object.entries(constants).map(([name, tensor]) => protoOf(tensor, name)),
  })

const choice = (condition: string, yes: GraphProto, no: GraphProto, output: string) =>
  create(NodeProtoSchema, {
    opType: 'If',
    name: `choose ${output}`,
    input: [condition],
    output: [output],
    attribute: [
      { name: 'then_branch', type: 5, g: yes },
      { name: 'else_branch', type: 5, g: no },
    ],
  })

/** y = If(condition, x·2, −x) between what comes before and after. */
function chooser(
  condition: string,
  before: readonly NodeSpec[],
  weights: Record<string, Tensor>,
  taken?: GraphProto,
  shape: Shape = [1, 3],
): Uint8Array {
  const proto = modelProto({ inputs: { x: shape }, outputs: { y: shape }, nodes: before, weights })
  const doubled = taken ?? branch([inner('Mul', ['x', 'two'], 't')], 't', { two: float32([2], []) })
  proto.graph?.node.push(choice(condition, doubled, branch([inner('Neg', ['x'], 't')], 't'), 'chosen'), inner('Exp', ['chosen'], 'y'))
  return toBinary(ModelProtoSchema, proto)
}

/** The gradient of y = exp(factor·x), weighted by the seed. */
async function expectFactor(factor: number, model: Uint8Array): Promise<void> {
  const { x: gradient } = await gradientsOf(model, { x }, { y: seed }, ['x'])
  const expected = [1, -2, 3].map((value, i) => 10 ** i * factor * Math.exp(factor * value))
  expectClose(gradient as Tensor, float32(expected, [1, 3]), { atol: 0, rtol: 1e-5 })
}

describe('branches', () => {
  test('the condition is an initializer', async () => {
    await expectFactor(2, chooser('yes', [], { yes: boolean(true) }))
    await expectFactor(-1, chooser('yes', [], { yes: boolean(false) }))
  })

  test('the condition is arithmetic on a declared shape, as PyTorch writes squeeze', async () => {
    const ask = [node('Shape', ['x'], 's'), node('Gather', ['s', 'axis'], 'd'), node('Equal', ['d', 'one'], 'is one')]
    const one: Tensor = { type: 'int64', dims: [], data: BigInt64Array.of(1n) }
    const axis = (value: bigint): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(value) })
    await expectFactor(2, chooser('is one', ask, { one, axis: axis(0n) }))
    await expectFactor(-1, chooser('is one', ask, { one, axis: axis(1n) }))
  })

  test('the condition is arithmetic on a size that is free in the model', async () => {
    const ask = [node('Shape', ['x'], 's'), node('Gather', ['s', 'axis'], 'd'), node('Equal', ['d', 'three'], 'is three')]
    const number = (value: bigint): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(value) })
    const weights = (three: bigint) => ({ three: number(three), axis: number(1n) })
    await expectFactor(2, chooser('is three', ask, weights(3n), undefined, [1, 'width']))
    await expectFactor(-1, chooser('is three', ask, weights(4n), undefined, [1, 'width']))
  })

  test('branches in branches, with names that both use', async () => {
    const nested = choice(
      'no',
      branch([inner('Identity', ['x'], 't')], 't'),
      branch([inner('Add', ['x', 'x'], 'u'), inner('Add', ['u', 'x'], 't')], 't'),
      't',
    )
    await expectFactor(3, chooser('yes', [], { yes: boolean(true), no: boolean(false) }, branch([nested], 't')))
  })

  test('a branch that hands on a tensor from outside', async () => {
    await expectFactor(1, chooser('yes', [], { yes: boolean(true) }, branch([], 'x')))
  })

  test('a model without branches stays the very same', () => {
    const bytes = toBinary(ModelProtoSchema, modelProto({ inputs: { x: [1] }, outputs: { y: [1] }, nodes: [node('Exp', ['x'], 'y')] }))
    expect(readModel(bytes).rewritten).toBe(false)
  })

  test('a condition that depends on the image is refused by name', async () => {
    const ask = [node('ReduceSum', ['x'], 'total', { keepdims: 0 }), node('Greater', ['total', 'zero'], 'positive')]
    const refusal = await expectFactor(2, chooser('positive', ask, { zero: float32([0], []) })).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(GradcamError)
    expect(refusal).toMatchObject({ code: 'unsupported-operator', node: { name: 'choose chosen', operator: 'If' } })
    expect((refusal as GradcamError).message).toContain('depends on the image')
    expect((refusal as GradcamError).hint).toContain('a method without gradients')
  })
})
