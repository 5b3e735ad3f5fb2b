/**
 * @file Files that ONNX Runtime optimised for the processor at hand: channels lie in blocks, which are no map that could be read.
 * Plain operators take the place of those of com.microsoft.nchwc.
 */
import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema, type TensorProto } from 'onnx-buf'
import { attributesOf } from '../graph/attributes.ts'
import { attributeOf, type AttributeValue } from '../graph/emit.ts'
import { type Graph, type GraphNode, graphOf } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import type { Tensor } from '../core/tensor.ts'
import { protoOf } from '../io/onnx-tensor.ts'
import { amended } from '../model/amended.ts'
import { externalReader } from '../model/external.ts'
import { convParts } from '../model/fused-convs.ts'
import { blocks, channelCounts, filtersOf, isDepthwise, isLast } from './blocked-counts.ts'

/**
 * The same model with plain operators: maps are [N, C, H, W] again. Only the runtime knows how long its blocks are, so that it brings the
 * weights back to their order by an operator of its own. The very same model where it has none.
 */
export function withPlainChannels(model: Model): Model {
  const { proto, graph } = model
  if (!proto.graph || !graph.nodes.some((node) => node.domain === blocks)) return model
  const plain: Plain = { graph, channels: channelCounts(graph), blocked: new Set(), nodes: [], initializers: [] }
  for (const node of graph.nodes) {
    if (node.domain === blocks) rewrite(plain, node)
    else plain.nodes.push(node.proto)
    const inBlocks = node.operator !== 'ReorderOutput' && (node.domain === blocks || node.inputs.some((name) => plain.blocked.has(name)))
    if (inBlocks) for (const name of node.outputs) plain.blocked.add(name)
  }
  const { nodes, initializers } = plain
  const changed = amended(proto, {
    graph: amended(proto.graph, { node: nodes, initializer: [...proto.graph.initializer, ...initializers] }),
  })
  return { ...model, proto: changed, rewritten: true, graph: graphOf(changed, externalReader(model.external)) }
}

interface Plain {
  graph: Graph
  channels: ReadonlyMap<string, number>
  /** Tensors that lay in blocks. */
  blocked: Set<string>
  nodes: NodeProto[]
  initializers: TensorProto[]
}

function rewrite(plain: Plain, node: GraphNode): void {
  switch (node.operator) {
    case 'ReorderInput':
      return enter(plain, node)
    case 'ReorderOutput':
      return leave(plain, node)
    case 'Conv':
      return convolve(plain, node)
    case 'Upsample':
      return enlarge(plain, node)
    default:
      plain.nodes.push(amended(node.proto, { domain: '' }))
  }
}

type Attributes = Readonly<Record<string, AttributeValue>>

function emit(
  { nodes }: Plain,
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Attributes = {},
  domain = '',
): string {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value))
  nodes.push(create(NodeProtoSchema, { opType, domain, name: output, input: [...input], output: [output], attribute }))
  return output
}

function constant({ initializers }: Plain, name: string, tensor: Tensor): string {
  initializers.push(protoOf(tensor, name))
  return name
}

const int64 = (...values: readonly number[]): Tensor => ({
  ...{ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) },
})

/** Into blocks: channels come to the front, and zeros fill the last block where it is not known to be cut again. */
function enter(plain: Plain, node: GraphNode): void {
  const { graph, channels } = plain
  const [x = ''] = node.inputs
  const [y = ''] = node.outputs
  const reader = graph.consumers.get(y)?.find(({ operator, domain }) => operator === 'Conv' && domain === blocks)
  const filters = reader && filtersOf(graph, reader)
  const filled = reader && filters?.[isDepthwise(graph, reader) ? 0 : 1]
  const known = channels.has(y) || filled === undefined || graph.opset < 11
  const first = isLast(node) ? emit(plain, 'Transpose', [x], known ? y : `${y}/first`, { perm: [0, 3, 1, 2] }) : x
  if (!known) fill(plain, first, filled, y)
  else if (first === x) emit(plain, 'Identity', [x], y)
}

/** Zeros behind the channels, as many as are missing. */
function fill(plain: Plain, x: string, channels: number, y: string): void {
  const size = emit(plain, 'Shape', [x], `${y}/shape`)
  const own = emit(plain, 'Gather', [size, constant(plain, `${y}/at`, int64(1))], `${y}/own`)
  const more = emit(plain, 'Sub', [constant(plain, `${y}/all`, int64(channels)), own], `${y}/more`)
  const pads = [constant(plain, `${y}/before`, int64(0, 0, 0, 0, 0)), more, constant(plain, `${y}/after`, int64(0, 0))]
  emit(plain, 'Pad', [x, emit(plain, 'Concat', pads, `${y}/pads`, { axis: 0 })], y)
}

/** Out of blocks: the channels that fill the last one are cut off, and perhaps go to the last axis. */
function leave(plain: Plain, node: GraphNode): void {
  const [x = ''] = node.inputs
  const [y = ''] = node.outputs
  const channels = attributesOf(node).int('channels', 0)
  const last = isLast(node)
  const whole = plain.channels.get(x) === channels ? x : first(plain, x, channels, last ? `${y}/channels` : y)
  if (last) emit(plain, 'Transpose', [whole], y, { perm: [0, 2, 3, 1] })
  else if (whole === x) emit(plain, 'Identity', [x], y)
}

/** The first channels. */
function first(plain: Plain, x: string, channels: number, y: string): string {
  if (plain.graph.opset < 10) return emit(plain, 'Slice', [x], y, { starts: [0], ends: [channels], axes: [1] })
  const parts = { starts: 0, ends: channels, axes: 1 }
  return emit(plain, 'Slice', [x, ...Object.entries(parts).map(([name, value]) => constant(plain, `${y}/${name}`, int64(value)))], y)
}

/** y = activation(W ∗ x + b + z), z optional */
function convolve(plain: Plain, node: GraphNode): void {
  const { graph, channels, nodes } = plain
  const [x = '', , bias = '', z = ''] = node.inputs
  const [y = ''] = node.outputs
  const [filled = 0] = filtersOf(graph, node)
  const outputs = channels.get(y) ?? filled
  const own = bias && outputs !== filled ? cutBias(plain, bias, outputs, `${y}/bias`) : bias
  const attribute = node.proto.attribute.map((each) =>
    each.name === 'group' && isDepthwise(graph, node) ? attributeOf('group', outputs) : each,
  )
  const input = [x, plainFilters(plain, node, outputs), own, z]
  nodes.push(...convParts(amended(node.proto, { domain: 'com.microsoft', opType: 'FusedConv', input, attribute }), graph.opset))
}

/** A bias is a map of one place. */
function cutBias(plain: Plain, bias: string, channels: number, name: string): string {
  const map = emit(plain, 'Reshape', [bias, constant(plain, `${name}/map`, int64(1, -1))], `${name}/whole`)
  return emit(plain, 'Reshape', [first(plain, map, channels, `${name}/cut`), constant(plain, `${name}/vector`, int64(-1))], name)
}

/**
 * Filters [O, I, h, w] in their order. Outputs lie in blocks, [O/b, I, h, w, b], as channels of a map of I·h·w places do; inputs too,
 * [O/b, I/b, h, w, b, b], where they come in blocks, and then each filter is a map.
 */
function plainFilters(plain: Plain, node: GraphNode, count: number): string {
  const [x = '', w = ''] = node.inputs
  const [outputs = 0, inputs = 0, ...kernel] = filtersOf(plain.graph, node)
  const grouped = attributesOf(node).int('group', 1) > 1
  const place = `${node.outputs[0] ?? ''}/filters`
  const reshaped = (from: string, dims: readonly number[], name: string): string =>
    emit(plain, 'Reshape', [from, constant(plain, `${name}/shape`, int64(...dims))], name)
  const ordered = (from: string, channels: number, name: string): string => emit(plain, 'ReorderOutput', [from], name, { channels }, blocks)
  const places = kernel.reduce((n, size) => n * size, inputs)
  const map = reshaped(w, [1, outputs, places, 1], `${place}/map`)
  const filters = reshaped(ordered(map, count, `${place}/outputs`), [count, inputs, ...kernel], `${place}/apart`)
  if (!plain.blocked.has(x) || isDepthwise(plain.graph, node)) return filters
  return ordered(filters, grouped ? inputs : (plain.channels.get(x) ?? inputs), `${place}/inputs`)
}

/** By whole factors: each place copied, or between its neighbours. */
function enlarge(plain: Plain, node: GraphNode): void {
  const [x = ''] = node.inputs
  const [y = ''] = node.outputs
  const { ints, string } = attributesOf(node)
  const scales = Float32Array.from(ints('scales') ?? [1, 1, 1, 1])
  const mode = string('mode', 'nearest')
  const how = { mode, coordinate_transformation_mode: string('coordinate_transformation_mode', 'asymmetric') }
  const inputs = [x, '', constant(plain, `${y}/scales`, { type: 'float32', dims: [scales.length], data: scales })]
  emit(plain, 'Resize', inputs, y, mode === 'nearest' ? { ...how, nearest_mode: 'floor' } : how)
}
