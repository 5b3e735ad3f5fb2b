/** @file New models from a model: prune, add nodes, expose tensors. Weights are referred to where they lie, never copied. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { dataTypeOf, elementTypeOf, externalRange } from '../io/onnx-tensor.ts'
import { amended } from '../model/amended.ts'
import { externalReader, isExternal, isOnDisk } from '../model/external.ts'
import type { Model } from './model.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import type { Shape, Value } from './graph.ts'

/** What is added to a model. */
export interface Addition {
  nodes?: readonly NodeProto[]
  initializers?: readonly TensorProto[]
  inputs?: readonly Value[]
  /** Tensors of the model, each by the added tensor that takes its place. */
  instead?: ReadonlyMap<string, string>
}

export interface Derivation extends Addition {
  /** Names of the outputs of the new model; nodes that none of them needs are dropped. */
  outputs: readonly string[]
  /** Fixed shapes for inputs, by name. */
  inputShapes?: Readonly<Record<string, Shape>>
  /** Tensors of the old graph that become inputs; what computed them is dropped. */
  cut?: readonly Value[]
  /** Nodes that come before those of the model, and may compute tensors of the old graph in another way: those in `replaced`. */
  prologue?: readonly NodeProto[]
  /** Tensors of the old graph, inputs too, that the prologue computes instead. */
  replaced?: ReadonlySet<string>
  /** Large weights become inputs too: for models that are opened to learn shapes and never run. */
  weightless?: boolean
}

/** Name under which a derived model refers to the bytes of the model it came from. */
const weightsPath = 'gradcam-weights'
// small tensors stay inside: the runtime reads shapes and axes while it loads
const inlineBytes = 1024

/**
 * A pruned model with additions, as a small protobuf whose large weights are references into the original bytes.
 * 200 MB of weights: a few hundred bytes, a few milliseconds.
 */
export function deriveModel(model: Model, derivation: Derivation): ModelBytes {
  const graph = model.proto.graph
  if (!graph) throw new Error('a model without graph was read')
  const cut = new Set(derivation.cut?.map(({ name }) => name))
  const replaced = derivation.replaced ?? none
  const own = replaced.size === 0 ? graph.node : graph.node.map((node) => withoutOutputs(node, replaced))
  const all = [...(derivation.prologue ?? []), ...own, ...(derivation.nodes ?? [])]
  const kept = pruned(withInstead(all, derivation.instead ?? new Map()), derivation.outputs, cut)
  const used = new Set<string>(derivation.outputs)
  for (const node of kept) for (const name of namesRead(node)) used.add(name)
  const constants = new Set(graph.initializer.map(({ name }) => name))

  const inputs = graph.input
    .filter(({ name }) => used.has(name) && !constants.has(name) && !cut.has(name) && !replaced.has(name))
    .map((input) => {
      const shape = derivation.inputShapes?.[input.name]
      return shape ? withShape(input, shape) : input
    })
  for (const added of [...(derivation.inputs ?? []), ...(derivation.cut ?? [])]) if (used.has(added.name)) inputs.push(infoOf(added))

  const weights = graph.initializer.filter(({ name }) => used.has(name) && !cut.has(name))
  const size = (tensor: TensorProto): number => (isExternal(tensor) ? externalRange(tensor).length : tensor.rawData.length)
  const absent = new Set(derivation.weightless ? weights.filter((tensor) => size(tensor) >= inlineBytes) : [])
  for (const { name, dims, dataType } of absent) {
    const type = elementTypeOf(dataType)
    if (type) inputs.push(infoOf({ name, type, shape: dims.map(Number) }))
  }
  const initializers = weights.filter((tensor) => !absent.has(tensor)).map((tensor) => referTo(model, tensor))
  const derived = create(GraphProtoSchema, {
    name: graph.name || 'gradcam',
    node: kept,
    initializer: [...initializers, ...(derivation.initializers ?? []).filter(({ name }) => used.has(name))],
    sparseInitializer: graph.sparseInitializer,
    quantizationAnnotation: graph.quantizationAnnotation,
    input: inputs,
    output: derivation.outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    valueInfo: [],
  })
  const bytes = toBinary(ModelProtoSchema, headerOf(model.proto, derived))
  const { external } = model
  if (isOnDisk(external)) return { bytes, external: { folder: external.folder } }
  const references = initializers.some((tensor) => tensor.externalData.some(({ value }) => value === weightsPath))
  return { bytes, external: references ? [{ path: weightsPath, data: model.bytes }, ...external] : external }
}

/**
 * The original file with nodes and outputs appended: protobuf merges concatenated messages, so the result is an
 * ordinary `.onnx` file that any runtime can open. The original bytes come first, unchanged.
 *
 * @throws GradcamError `unsupported-model` where the graph no longer is the one in the bytes
 */
export function appendToModel(model: Model, addition: Addition & { outputs: readonly Value[] }): Uint8Array {
  if (model.rewritten) {
    throw new GradcamError('unsupported-model', 'nothing can be appended to a model whose graph was rewritten when it was read', {
      hint: 'inline its local functions first (onnx.inliner), or use deriveModel',
    })
  }
  const patch = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      graph: {
        node: [...(addition.nodes ?? [])],
        initializer: [...(addition.initializers ?? [])],
        input: (addition.inputs ?? []).map(infoOf),
        output: addition.outputs.map(infoOf),
      },
    }),
  )
  const bytes = new Uint8Array(model.bytes.length + patch.length)
  bytes.set(model.bytes)
  bytes.set(patch, model.bytes.length)
  return bytes
}

const none: ReadonlySet<string> = new Set()

/** Added tensors take the names, and the places, of those that they are computed instead of. */
function withInstead(nodes: readonly NodeProto[], instead: ReadonlyMap<string, string>): readonly NodeProto[] {
  const made = new Set(nodes.flatMap(({ output }) => output))
  const names = new Map([...instead].flatMap(([tensor, value]) => (made.has(value) ? [[value, tensor] as const] : [])))
  if (names.size === 0) return nodes
  const replaced = new Set(names.values())
  const named = (name: string): string => names.get(name) ?? name
  const touched = ({ input, output }: NodeProto): boolean => [...input, ...output].some((name) => names.has(name))
  return sorted(
    nodes.map((node) => {
      const rest = withoutOutputs(node, replaced)
      return touched(rest) ? amended(rest, { input: rest.input.map(named), output: rest.output.map(named) }) : rest
    }),
  )
}

/** The same nodes, each after those that it reads from; otherwise in their order. */
function sorted(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)))
  const done = new Set<NodeProto>()
  const place = (node: NodeProto): void => {
    if (done.has(node)) return
    done.add(node)
    for (const name of namesRead(node)) {
      const maker = makers.get(name)
      if (maker) place(maker)
    }
    result.push(node)
  }
  const result: NodeProto[] = []
  for (const node of nodes) place(node)
  return result
}

/** A node whose outputs of these names go by other names, which nothing reads. */
function withoutOutputs(node: NodeProto, names: ReadonlySet<string>): NodeProto {
  if (!node.output.some((name) => names.has(name))) return node
  return create(NodeProtoSchema, { ...node, output: node.output.map((name) => (names.has(name) ? `${name}/replaced` : name)) })
}

/** A model of nothing but added nodes. */
export function standaloneModel(
  opset: number,
  { nodes = [], initializers = [], inputs = [] }: Addition,
  outputs: readonly string[],
): ModelBytes {
  const graph = create(GraphProtoSchema, {
    name: 'gradcam',
    node: [...nodes],
    initializer: [...initializers],
    input: inputs.map(infoOf),
    output: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
  })
  const proto = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'gradcam',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph,
  })
  return { bytes: toBinary(ModelProtoSchema, proto), external: [] }
}

/** The nodes that the outputs need, in their order. */
function pruned(nodes: readonly NodeProto[], outputs: readonly string[], cut: ReadonlySet<string>): NodeProto[] {
  const needed = new Set(outputs)
  const kept: NodeProto[] = []
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as NodeProto
    if (!node.output.some((name) => name !== '' && needed.has(name) && !cut.has(name))) continue
    kept.push(node)
    for (const name of namesRead(node)) needed.add(name)
  }
  return kept.reverse()
}

/** Names that a node reads, those of its subgraphs (If, Loop, Scan) among them. */
export function namesRead(node: NodeProto): string[] {
  const names = node.input.filter(Boolean)
  for (const attribute of node.attribute) {
    for (const graph of attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs) {
      for (const inner of graph.node) names.push(...namesRead(inner))
      names.push(...graph.output.map(({ name }) => name))
    }
  }
  return names
}

/** The tensor as a reference; one that is small, or was made while the model was read, as it is. */
function referTo(model: Model, tensor: TensorProto): TensorProto {
  const { external } = model
  if (isExternal(tensor)) {
    const { location, offset, length } = externalRange(tensor)
    if (length < inlineBytes) {
      const rawData = new Uint8Array(externalReader(external)(location, offset, length))
      return amended(tensor, { rawData, dataLocation: TensorProto_DataLocation.DEFAULT, externalData: [] })
    }
    if (!isOnDisk(external)) return tensor
    const path = external.paths.get(location) ?? location
    return amended(tensor, { externalData: reference(path, offset, length) })
  }
  const raw = tensor.rawData
  if (raw.length < inlineBytes || raw.buffer !== model.bytes.buffer) return tensor
  return create(TensorProtoSchema, {
    name: tensor.name,
    dims: tensor.dims,
    dataType: tensor.dataType,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    // the engine takes bytes or files, not both: where it maps files it maps the model's own, too
    externalData: reference(isOnDisk(external) ? external.modelFile : weightsPath, raw.byteOffset - model.bytes.byteOffset, raw.length),
  })
}

const reference = (location: string, offset: number, length: number) =>
  Object.entries({ location, offset: String(offset), length: String(length) }).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  )

function headerOf(proto: ModelProto, graph: ModelProto['graph'] & object): ModelProto {
  return create(ModelProtoSchema, {
    // from IR 4 on initializers need not be listed as inputs
    irVersion: proto.irVersion < 4n ? 4n : proto.irVersion,
    opsetImport: proto.opsetImport.length > 0 ? proto.opsetImport : [{ domain: '', version: 1n }],
    producerName: 'gradcam',
    graph,
    functions: proto.functions,
  })
}

function infoOf(value: Value): ValueInfoProto {
  return withShape(
    create(ValueInfoProtoSchema, {
      name: value.name,
      type: create(TypeProtoSchema, {
        value: { case: 'tensorType', value: create(TypeProto_TensorSchema, { elemType: dataTypeOf(value.type) }) },
      }),
    }),
    value.shape,
  )
}

function withShape(info: ValueInfoProto, shape: Shape): ValueInfoProto {
  const kind = info.type?.value
  const elemType = kind?.case === 'tensorType' ? kind.value.elemType : dataTypeOf('float32')
  const dim = shape.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'number' ? { case: 'dimValue', value: BigInt(d) } : { case: 'dimParam', value: d },
    }),
  )
  const tensor = create(TypeProto_TensorSchema, { elemType, shape: create(TensorShapeProtoSchema, { dim }) })
  return create(ValueInfoProtoSchema, { name: info.name, type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }) })
}
