/** @file Conformance checks of operators that no golden case has. */
import { create, toBinary } from '@bufbuild/protobuf'
import { type GraphProto, GraphProtoSchema, ModelProtoSchema, type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { attributeOf } from '../../src/graph/emit.ts'
import { type Shape } from '../../src/graph/graph.ts'
import { protoOf } from '../../src/io/onnx-tensor.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { modelProto, node, type NodeSpec } from '../support/build.ts'
import { boundChecks } from './conformance-bounds.ts'
import type { Check } from './conformance-check.ts'
import { isRefused, withoutGradient } from './conformance-forms.ts'
import { fusedChecks } from './conformance-fused.ts'
import { quantizedChecks } from './conformance-quantized.ts'
import { rareChecks } from './conformance-rare.ts'

const positive = node('Greater', ['x', 'zero'], 'a')
const steps: Record<string, readonly NodeSpec[]> = {
  ...Object.fromEntries(
    ['Floor', 'Ceil', 'Round', 'Sign', 'Hardmax', 'IsNaN', 'IsInf', 'ArgMax', 'ArgMin', 'NonZero', 'Shape', 'Size', 'EyeLike'].map(
      (operator) => [operator, [node(operator, ['x'], 'z')]],
    ),
  ),
  ...Object.fromEntries(
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((operator) => [operator, [node(operator, ['x', 'zero'], 'z')]]),
  ),
  ...Object.fromEntries(['And', 'Or', 'Xor'].map((operator) => [operator, [positive, node(operator, ['a', 'a'], 'z')]])),
  Not: [positive, node('Not', ['a'], 'z')],
}

/** A graph inside a node. Names of its inputs come first. */
const subgraph = (
  inputs: Readonly<Record<string, { type: number; shape: Shape }>>,
  nodes: NodeProto[],
  outputs: readonly string[],
): GraphProto =>
  create(GraphProtoSchema, {
    name: 'body',
    node: nodes,
    input: Object.entries(inputs).map(([name, { type, shape }]) => ({
      name,
      type: {
        value: {
          case: 'tensorType' as const,
          value: { elemType: type, shape: { dim: shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })) } },
        },
      },
    })),
    output: outputs.map((name) => ({ name })),
  })
const inner = (opType: string, input: string[], output: string): NodeProto => create(NodeProtoSchema, { opType, input, output: [output] })

/** x and y of shape [3, 4] around one node with graphs inside. */
function around(
  before: readonly NodeSpec[],
  opType: string,
  input: string[],
  graphs: Readonly<Record<string, GraphProto>>,
  numbers: Readonly<Record<string, number>> = {},
): Uint8Array {
  const count: Tensor = { type: 'int64', dims: [], data: BigInt64Array.of(2n) }
  const going: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(1) }
  const proto = modelProto({ inputs: { x: [3, 4] }, outputs: { y: [3, 4] }, nodes: before, weights: { zero: float32([0], []) } })
  for (const [name, tensor] of Object.entries({ count, going }))
    if (input.includes(name)) proto.graph?.initializer.push(protoOf(tensor, name))
  const attribute = [
    ...Object.entries(graphs).map(([name, g]) => ({ name, type: 5, g })),
    ...Object.entries(numbers).map(([name, value]) => attributeOf(name, value)),
  ]
  proto.graph?.node.push(create(NodeProtoSchema, { name: `the ${opType}`, opType, input, output: ['y'], attribute }))
  return toBinary(ModelProtoSchema, proto)
}

const positiveSum = [node('ReduceSum', ['x'], 'sum', { keepdims: 0 }), node('Greater', ['sum', 'zero'], 'condition')]
const loopBody = subgraph(
  { i: { type: 7, shape: [] }, go: { type: 9, shape: [] }, v: { type: 1, shape: [3, 4] } },
  [inner('Identity', ['go'], 'on'), inner('Add', ['v', 'v'], 'w')],
  ['on', 'w'],
)
const control: Check[] = [
  isRefused(
    'If',
    around(positiveSum, 'If', ['condition'], {
      then_branch: subgraph({}, [inner('Neg', ['x'], 't')], ['t']),
      else_branch: subgraph({}, [inner('Exp', ['x'], 'e')], ['e']),
    }),
    13,
  ),
  isRefused('Loop', around([], 'Loop', ['count', 'going', 'x'], { body: loopBody }), 13),
  isRefused(
    'Scan',
    around(
      [],
      'Scan',
      ['x'],
      { body: subgraph({ row: { type: 1, shape: [4] } }, [inner('Neg', ['row'], 'r')], ['r']) },
      { num_scan_inputs: 1 },
    ),
    13,
  ),
]

export const ownChecks: readonly Check[] = [
  ...boundChecks,
  ...fusedChecks,
  ...quantizedChecks,
  ...rareChecks,
  ...Object.entries(steps).map(([operator, nodes]) => withoutGradient(operator, nodes)),
  ...control,
]
