/** @file A derived model that a procedure runs many times: the network with something put in place of its image or its features. */
import { create } from '@bufbuild/protobuf'
import { NodeProtoSchema } from 'onnx-buf'
import { freePrefix } from '../gradient/gradient.ts'
import { deriveModel } from '../graph/derive.ts'
import { type Builder, createBuilder, type DimSource } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Dim, Shape, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import { featureFactors, featureMap, fromImageMap, type ImageLayout, imageMap } from '../graph/arrange.ts'
import type { Model } from '../graph/model.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import { type Objective, type ObjectiveScope, objectiveSeeds } from '../objective/objective.ts'
import { createGraphContext, type GraphContext } from './graph-context.ts'
import { strictBatch, withFreeBatch, onlyWeights } from './shared-features.ts'

/** Something that is fed, float32: one of its own for each item of the batch ([N, …shape]), or one for all ([1, …shape]). */
export interface FeedSpec {
  shape: readonly number[]
  each: boolean
}

/** What a procedure wants to run. */
export interface ForwardSpec {
  /** Programs of one context with equal keys are the same: it names everything that the nodes depend on. */
  key: string
  feeds?: Readonly<Record<string, FeedSpec>>
  /** What the network gets instead of the image [1 or N, C, H, W], float32: [N, C, H, W]. */
  image?: (g: Builder, image: Value, fed: (name: string) => Value) => Value
  /** What the features are multiplied by: [N, C, h, w], each dimension but the first perhaps 1. Only the part behind them is run. */
  features?: (g: Builder, fed: (name: string) => Value) => Value
  /** Instead of the task's own target. */
  objective?: (fed: (name: string) => Value) => Objective
  /**
   * The features of the image serve all items as they are: `context.activations` is [1, C, h, w]. Only where the outputs
   * follow from them and from weights, as gradients of linear heads do.
   *
   * @throws BatchDependent where they do not
   */
  shared?: true
  /** Outputs by name, [N, …] each. */
  outputs: (context: GraphContext, fed: (name: string) => Value) => Readonly<Record<string, Value>>
}

export interface ForwardContext {
  model: Model
  info: TensorInfo
  layers: Layers
  objective: Objective
  image: { name: string; layout: ImageLayout }
}

/** A model to run, and what goes in and out under which names. */
export interface ForwardModel {
  model: ModelBytes
  /** Name in the model of what the procedure feeds. */
  feeds: Readonly<Record<string, { name: string; spec: FeedSpec }>>
  /** Input for the image or features themselves, in the network's own layout and type; [N, …] when `each`. */
  base: { name: string; of: 'image' | 'features'; each: boolean }
  /** Inputs for the objective's parameters, [1, …] each. */
  parameters: Readonly<Record<string, string>>
  outputs: Readonly<Record<string, string>>
  /** Their shapes, [N, …]. */
  shapes: Readonly<Record<string, Shape>>
}

/** Builds a forward's model. */
export function forwardModel(context: ForwardContext, spec: ForwardSpec): ForwardModel {
  const { model, layers, image } = context
  const { graph } = model
  const prefix = freePrefix(graph)
  const info = spec.shared ? withFreeBatch(graph, context.info, layers.feature.name) : context.info
  const ofFeatures = spec.shared || spec.features !== undefined
  const batch = info.value(ofFeatures ? layers.feature.name : image.name).shape[0] as Dim
  const feeds = Object.entries(spec.feeds ?? {}).map(([name, { shape, each }]) => {
    const value: Value = { name: `${prefix}feed/${name}`, type: 'float32', shape: [each ? batch : 1, ...shape] }
    return { name, value, each }
  })
  const original = info.value(ofFeatures ? layers.feature.name : image.name)
  const each = !feeds.some((feed) => feed.each)
  const base: Value = { ...original, name: `${prefix}base`, shape: [each ? batch : 1, ...original.shape.slice(1)] }
  const measured = feeds.find((feed) => feed.each)?.value ?? base
  // the batch is as long as what is fed: the network's own input may not be there at all
  const dimSource: DimSource = (symbol) => (symbol === batch ? { tensor: measured, axis: 0 } : info.dimSource(symbol))
  const plain = createBuilder(graph.opset, prefix, dimSource)
  const g = spec.shared ? strictBatch(plain) : plain
  const fed = (name: string): Value => {
    const found = feeds.find((feed) => feed.name === name)
    if (found) return found.value
    throw new Error(`the forward pass is fed no ${name}`)
  }
  const changed = (): Value => {
    if (spec.shared) return base
    return spec.features ? changedFeatures(g, base, layers, spec.features(g, fed)) : changedImage(g, base, image, spec, fed)
  }
  // they come before the network's own nodes, and none of them stays among those that follow
  const { result: instead, nodes } = g.record(changed, () => [])
  const prologue = [...nodes, create(NodeProtoSchema, { opType: 'Identity', input: [instead.name], output: [original.name] })]

  const objective = spec.objective?.(fed) ?? context.objective
  const parameters = Object.entries(objective.feeds).map(([name, { type, dims }]): [string, Value] => [
    name,
    { name: `${prefix}target/${name}`, type, shape: dims },
  ])
  const scope = objectiveScope(g, info, new Map(parameters))
  const graphContext = createGraphContext({
    ...{ g, graph, info, layers, image },
    seeds: () => objectiveSeeds(objective, scope, info),
    score: () => objective.score(scope),
    ...(spec.shared ? { shared: { activations: featureMap(g, g.cast(base, 'float32'), layers.feature.layout), batch } } : {}),
  })
  const values = Object.entries(spec.outputs(graphContext, fed))
  const outputs = values.map(([name, value]) => [name, g.unary('Identity', value).name] as const)
  if (spec.shared)
    onlyWeights(
      graph,
      g,
      outputs.map(([, name]) => name),
    )
  const inputs = [...feeds.map(({ value }) => value), base, ...parameters.map(([, value]) => value)]
  return {
    model: deriveModel(model, {
      ...g.emission,
      ...{ prologue, inputs, outputs: outputs.map(([, name]) => name), inputShapes: info.inputShapes },
      replaced: new Set([original.name]),
    }),
    feeds: Object.fromEntries(
      feeds.map(({ name, value, each: own }) => [name, { name: value.name, spec: { shape: value.shape.slice(1) as number[], each: own } }]),
    ),
    base: { name: base.name, of: ofFeatures ? 'features' : 'image', each },
    parameters: Object.fromEntries(parameters.map(([name, value]) => [name, value.name])),
    outputs: Object.fromEntries(outputs),
    shapes: Object.fromEntries(values.map(([name, { shape }]) => [name, shape])),
  }
}

/** What an objective sees: the network's tensors, and its parameters as inputs. */
export const objectiveScope = (g: Builder, info: TensorInfo, parameters: ReadonlyMap<string, Value>): ObjectiveScope => ({
  g,
  read: (name) => info.value(name),
  parameter(name) {
    const value = parameters.get(name)
    if (value) return value
    throw new Error(`the target has no parameter ${name}`)
  },
})

function changedFeatures(g: Builder, base: Value, { feature }: Layers, factors: Value): Value {
  const wide = g.cast(base, 'float32')
  return g.cast(g.mul(wide, featureFactors(g, factors, feature.layout)), base.type)
}

function changedImage(
  g: Builder,
  base: Value,
  { layout }: ForwardContext['image'],
  { image }: ForwardSpec,
  fed: (name: string) => Value,
): Value {
  if (!image) return base
  const changed = fromImageMap(g, image(g, imageMap(g, g.cast(base, 'float32'), layout), fed), layout)
  if (base.type === 'float32' || base.type === 'float64' || base.type === 'float16' || base.type === 'bfloat16')
    return g.cast(changed, base.type)
  // casts to integers cut off: what is meant is the nearest level, and only those that the type has
  const [low, high] = base.type === 'int8' ? [-128, 127] : [0, 255]
  const level = g.unary('Floor', g.add(changed, 0.5))
  return g.cast(g.where(g.less(level, low), low, g.where(g.greater(level, high), high, level)), base.type)
}
