/** @file The one way to a derived model: the network, perhaps with a tensor replaced, objectives behind it, and outputs made of both. */
import type { NodeProto } from 'onnx-buf'
import { freePrefix } from '../gradient/gradient.ts'
import { heldToSizes, sizesFromData } from '../graph/data-sized.ts'
import { type Addition, deriveModel } from '../graph/derive.ts'
import { type Builder, createBuilder, type DimSource } from '../graph/emit.ts'
import type { Dim, Graph, Value } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Objective, writeObjectives, type WrittenObjective } from '../objective/objective.ts'
import type { ModelBytes } from '../runtime/runtime.ts'

/** Puts something in the place of a tensor of the network. */
export interface Replacement {
  /** The tensor; all that reads it reads what `by` makes. */
  tensor: Value
  by(g: Builder): Value
  /** What `by` is made of. */
  inputs: readonly Value[]
  /** Where a free dimension is read: the network's own inputs may not be there. */
  dimSource: DimSource
}

export interface AssemblySpec {
  model: Model
  info: TensorInfo
  objectives: readonly Objective[]
  /** First dimension of what the objectives are fed: the batch, or 1 for all images; undefined where they are constants. */
  parameterBatch: Dim | undefined
  replacement?: Replacement
  /** A builder that refuses more than the given one. */
  guard?: (g: Builder) => Builder
}

export interface Assembly {
  model: ModelBytes
  /** What is added to the network's own nodes. */
  addition: Addition
  /** By objective: the input of each of its parameters. */
  parameters: readonly Readonly<Record<string, string>>[]
  /** Outputs of the model by the name that the writer gave them. */
  outputs: Readonly<Record<string, Value>>
}

/** Names of what is added begin with this. */
export const prefixOf = (graph: Graph): string => freePrefix(graph)

/** Derives a model whose outputs are what `write` makes; outputs without a value are left out. */
export function assemble(
  { model, info, objectives, parameterBatch, replacement, guard = (g) => g }: AssemblySpec,
  write: (g: Builder, written: readonly WrittenObjective[]) => Readonly<Record<string, Value | undefined>>,
): Assembly {
  const { graph } = model
  const prefix = prefixOf(graph)
  const g = guard(createBuilder(graph.opset, prefix, replacement?.dimSource ?? info.dimSource))
  const prologue = replacement ? replacing(g, replacement) : []
  // a changed image may show another number of things
  const held = replacement && sizesFromData(graph) ? heldToSizes(info, g) : info
  const written = writeObjectives(g, info, objectives, prefix, parameterBatch, held)
  const outputs = Object.fromEntries(Object.entries(write(g, written)).filter((entry): entry is [string, Value] => entry[1] !== undefined))
  const parameters = written.map((each) => each.parameters)
  const fed = parameterBatch === undefined ? [] : parameters.flatMap((each) => Object.values(each))
  const inputs = [...(replacement?.inputs ?? []), ...fed]
  const names = [...new Set(Object.values(outputs).map(({ name }) => name))]
  const addition = { ...g.emission, inputs }
  return {
    model: deriveModel(model, {
      ...addition,
      ...(replacement ? { prologue, replaced: new Set([replacement.tensor.name]) } : {}),
      outputs: names,
      inputShapes: info.inputShapes,
    }),
    addition,
    parameters: parameters.map((each) => Object.fromEntries(Object.entries(each).map(([name, { name: input }]) => [name, input]))),
    outputs,
  }
}

/** Nodes that come before the network's own; the last one gives its output the name of the tensor that is replaced. */
function replacing(g: Builder, { by, tensor }: Replacement): readonly NodeProto[] {
  const { nodes } = g.record(
    () => g.node('Identity', [by(g)], tensor),
    () => [],
  )
  return nodes.map((node, i) => (i === nodes.length - 1 ? { ...node, output: [tensor.name] } : node))
}
