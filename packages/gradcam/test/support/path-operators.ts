/** @file Which operators the gradient of a model passes through. */
import { fromBinary } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType, type GraphProto, ModelProtoSchema, type NodeProto } from 'onnx-buf'
import { elementTypeOf } from '../../src/io/onnx-tensor.ts'

/** Operators whose outputs are no real numbers: no gradient passes. */
const pathEnds = new Set([
  'Shape',
  'Size',
  'NonZero',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'IsNaN',
  'IsInf',
])

const floats = new Set(['float32', 'float64', 'float16', 'bfloat16'])

/** The types of the operators on a path from any of `from` to any of `to` along which a gradient flows. */
export function pathOperators(model: Uint8Array, from: readonly string[], to: readonly string[]): Set<string> {
  const nodes = fromBinary(ModelProtoSchema, model).graph?.node ?? []
  const forward = new Set(from)
  const reached = nodes.filter((node) => {
    if (endsPath(node) || !reads(node).some((name) => forward.has(name))) return false
    for (const name of node.output) forward.add(name)
    return true
  })
  const backward = new Set(to)
  const onPath = reached.reverse().filter((node) => {
    if (!node.output.some((name) => backward.has(name))) return false
    for (const name of reads(node)) if (!from.includes(name)) backward.add(name)
    return true
  })
  return new Set(onPath.map((node) => node.opType))
}

function endsPath(node: NodeProto): boolean {
  if (pathEnds.has(node.opType)) return true
  const to = node.attribute.find((a) => a.name === 'to')
  return node.opType === 'Cast' && !floats.has(elementTypeOf(Number(to?.i ?? 0)) ?? '')
}

/** Names that a node reads, those that its subgraphs take from outside included. */
function reads(node: NodeProto): string[] {
  const graphs = node.attribute
    .filter((a) => a.type === AttributeProto_AttributeType.GRAPH)
    .flatMap((a) => (a.g === undefined ? [] : [a.g]))
  return [...node.input, ...graphs.flatMap(captured)].filter((name) => name !== '')
}

const captured = (graph: GraphProto): string[] => [...graph.node.flatMap(reads), ...graph.output.map((o) => o.name)]
