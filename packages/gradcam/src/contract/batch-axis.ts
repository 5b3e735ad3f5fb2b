/** @file A model without a batch axis as one that takes a batch of one, so that everything else need not know. */
import { create } from '@bufbuild/protobuf'
import { type GraphProto, type NodeProto, NodeProtoSchema, type ValueInfoProto } from 'onnx-buf'
import { attributeOf } from '../graph/emit.ts'
import { type DeclaredTensor, type Graph, graphOf, type Shape } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import { withShape } from '../graph/value-info.ts'
import { protoOf } from '../io/onnx-tensor.ts'
import { amended } from '../model/amended.ts'
import { externalReader } from '../model/external.ts'
import type { ImageInputFacts } from './choose-image.ts'
import { withoutBatch } from './finished-outputs.ts'
import type { InputFacts } from './input.ts'

/** Whether an input is an image [C, H, W] or [H, W, C]. */
export const lacksBatch = ({ image }: InputFacts): boolean => image?.layout.value === 'chw' || image?.layout.value === 'hwc'

/**
 * The same model with images as batches of one: [1, C, H, W] is squeezed before the first node; outputs without a batch axis, as scores
 * [K] and boxes [A, 4], leave as [1, K] and [1, A, 4]. So do finished boxes, whatever their image.
 */
export function withBatchAxis(model: Model, inputs: readonly InputFacts[], image: ImageInputFacts): Model {
  const proto = model.proto.graph
  const images = new Set(inputs.filter(lacksBatch).map(({ name }) => name))
  const outputs = images.size > 0 ? model.graph.outputs.filter(isBare) : withoutBatch(model, image)
  const bare = new Set(outputs.map(({ name }) => name))
  if (!proto || images.size + bare.size === 0) return model
  const inner = new Map([...images, ...bare].map((name) => [name, freeName(model.graph, `${name}/unbatched`)]))
  const axes = freeName(model.graph, 'gradcam-batch-axis')
  const reshape = (operator: 'Squeeze' | 'Unsqueeze', from: string, to: string): NodeProto =>
    create(NodeProtoSchema, {
      ...{ name: `${to}/${operator}`, opType: operator, output: [to] },
      ...(model.graph.opset < 13 ? { input: [from], attribute: [attributeOf('axes', [0])] } : { input: [from, axes] }),
    })
  const before = [...images].map((name) => reshape('Squeeze', name, inner.get(name) as string))
  const after = [...bare].map((name) => reshape('Unsqueeze', inner.get(name) as string, name))
  const shaped = (info: ValueInfoProto, names: ReadonlySet<string>, shape: Shape | undefined): ValueInfoProto =>
    names.has(info.name) && shape ? withShape(info, [1, ...shape.map((dim, axis) => (dim === '' ? `${info.name}_${axis}` : dim))]) : info
  const shapeOf = (list: Graph['inputs'], name: string): Shape | undefined => list.find((each) => each.name === name)?.shape
  const graph = amended(proto, {
    node: [...before, ...proto.node.map((node) => renamed(node, inner)), ...after],
    input: proto.input.map((info) => {
      const shape = shapeOf(model.graph.inputs, info.name)
      const alone = info.name === image.name && image.image.batch === 1 && images.size === 0
      return alone && shape ? withShape(info, [1, ...shape.slice(1)]) : shaped(info, images, shape)
    }),
    output: proto.output.map((info) => shaped(info, bare, shapeOf(model.graph.outputs, info.name))),
    initializer: [...proto.initializer, protoOf({ type: 'int64', dims: [1], data: BigInt64Array.of(0n) }, axes)],
  })
  const changed = amended(model.proto, { graph })
  return { ...model, proto: changed, rewritten: true, graph: graphOf(changed, externalReader(model.external)) }
}

/** Whether an output of a model without a batch axis has none either: its first dimension is not 1. */
const isBare = ({ shape }: DeclaredTensor): boolean => shape !== undefined && shape[0] !== 1

function freeName({ producers, initializers, inputs }: Graph, wanted: string): string {
  const taken = (name: string): boolean => producers.has(name) || initializers.has(name) || inputs.some((input) => input.name === name)
  let name = wanted
  while (taken(name)) name += '_'
  return name
}

/** The node with other names for what it reads and makes, also inside its bodies. */
function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const rename = (name: string): string => names.get(name) ?? name
  const bodies = node.attribute.some(({ g }) => g)
  if (!bodies && !node.input.some((name) => names.has(name)) && !node.output.some((name) => names.has(name))) return node
  const attribute = node.attribute.map((each) => (each.g ? amended(each, { g: renamedBody(each.g, names) }) : each))
  return amended(node, { input: node.input.map(rename), output: node.output.map(rename), attribute })
}

const renamedBody = (body: GraphProto, names: ReadonlyMap<string, string>): GraphProto =>
  amended(body, {
    node: body.node.map((node) => renamed(node, names)),
    output: body.output.map((output) => (names.has(output.name) ? amended(output, { name: names.get(output.name) ?? '' }) : output)),
  })
