/** @file New models from a model: prune, add nodes, expose tensors. Weights are referred to where they lie, never copied. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { elementTypeOf } from '../io/onnx-tensor.ts'
import { isOnDisk } from '../model/external.ts'
import { wrongOptimisers } from '../runtime/optimisers.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import type { Shape, Value } from './graph.ts'
import type { Model } from './model.ts'
import { namesRead, pruned, withInstead, withoutOutputs } from './nodes.ts'
import { infoOf, withShape } from './value-info.ts'
import { isLarge, mostlyDense, referTo, weightsPath } from './weights.ts'

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
  /** Nodes before those of the model. They may compute tensors of the old graph in another way: those in `replaced`. */
  prologue?: readonly NodeProto[]
  /** Tensors of the old graph, inputs too, that the prologue computes instead. */
  replaced?: ReadonlySet<string>
  /** Large weights become inputs too: for models that are opened to learn shapes and never run. */
  weightless?: boolean
}

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
  const absent = new Set(derivation.weightless ? weights.filter(isLarge) : [])
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
  const avoided = wrongOptimisers([derived, ...functionsOf(model.proto)])
  const careful = avoided.length === 0 ? {} : { withoutOptimisers: avoided }
  if (isOnDisk(external)) return { bytes, external: { folder: external.folder }, weightsAsTheyLie: mostlyDense(derived), ...careful }
  const references = initializers.some((tensor) => tensor.externalData.some(({ value }) => value === weightsPath))
  return { bytes, external: references ? [{ path: weightsPath, data: model.bytes }, ...external] : external, ...careful }
}

/** Local functions as graphs: the runtime inlines them before it optimises. */
const functionsOf = ({ functions }: ModelProto): Pick<GraphProto, 'node' | 'initializer'>[] =>
  functions.map(({ node }) => ({ node, initializer: [] }))

/**
 * The original file with nodes and outputs appended: protobuf merges concatenated messages, so the result is an
 * ordinary `.onnx` file that any runtime can open. The original bytes come first, unchanged.
 *
 * @throws GradcamError `unsupported-model` where the graph no longer is the one in the bytes
 */
export function appendToModel(model: Model, addition: Addition & { outputs: readonly Value[] }): Uint8Array {
  if (model.rewritten) {
    throw new GradcamError('unsupported-model', 'nothing can be appended to a model whose graph was rewritten when it was read', {
      hint: 'inline its local functions first (onnx.inliner), export it with a batch axis and in float32, or use deriveModel',
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
