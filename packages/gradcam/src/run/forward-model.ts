/** @file A derived model that a procedure runs many times: the network with something put in place of its image or its features. */
import type { Builder, DimSource } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Dim, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { ImageLayout } from '../core/pixels.ts'
import { featureFactors, featureMap, fromImageMap, imageMap } from '../graph/arrange.ts'
import type { Model } from '../graph/model.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import type { Objective, WrittenObjective } from '../objective/objective.ts'
import { assemble, prefixOf, type Replacement } from './assemble.ts'
import { createGraphContext, type GraphContext } from './graph-context.ts'
import { strictBatch, withFreeBatch, checkOnlyWeights } from './shared-features.ts'

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
  /** Outputs by name, [N, …] each. Default: the score. */
  outputs?: ((context: GraphContext, fed: (name: string) => Value) => Readonly<Record<string, Value>>) | undefined
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
  /** [N, …] each. */
  outputs: Readonly<Record<string, Value>>
}

/** Derives the model of a forward pass. */
export function forwardModel(context: ForwardContext, spec: ForwardSpec): ForwardModel {
  const { model, layers, image } = context
  const { graph } = model
  const prefix = prefixOf(graph)
  const info = spec.shared ? withFreeBatch(graph, context.info, layers.feature.name) : context.info
  const ofFeatures = spec.shared || spec.features !== undefined
  const original = info.value(ofFeatures ? layers.feature.name : image.name)
  const batch = original.shape[0] as Dim
  const feeds = Object.entries(spec.feeds ?? {}).map(([name, { shape, each }]) => {
    const value: Value = { name: `${prefix}feed/${name}`, type: 'float32', shape: [each ? batch : 1, ...shape] }
    return { name, value, spec: { shape, each } }
  })
  const perItem = feeds.find((feed) => feed.spec.each)?.value
  const base: Value = { ...original, name: `${prefix}base`, shape: [perItem ? 1 : batch, ...original.shape.slice(1)] }
  const fed = (name: string): Value => {
    const found = feeds.find((feed) => feed.name === name)
    if (found) return found.value
    throw new Error(`the forward pass is fed no ${name}`)
  }
  const by: Replacement['by'] = (g) => {
    if (spec.shared || !(spec.features ?? spec.image)) return base
    const wide = g.cast(base, 'float32')
    if (spec.features) return g.cast(g.mul(wide, featureFactors(g, spec.features(g, fed), layers.feature.layout)), base.type)
    const changed = spec.image?.(g, imageMap(g, wide, image.layout), fed) ?? wide
    return levels(g, fromImageMap(g, changed, image.layout), base.type)
  }
  // the batch is as long as what is fed: the network's own input may not be there at all
  const dimSource: DimSource = (symbol) => (symbol === batch ? { tensor: perItem ?? base, axis: 0 } : info.dimSource(symbol))
  const assembly = assemble(
    {
      ...{ model, info, objectives: [spec.objective?.(fed) ?? context.objective], parameterBatch: 1 },
      replacement: { tensor: original, by, inputs: [...feeds.map(({ value }) => value), base], dimSource },
      ...(spec.shared ? { guard: strictBatch } : {}),
    },
    (g, [objective]) => {
      const shared = spec.shared && { activations: featureMap(g, g.cast(base, 'float32'), layers.feature.layout), batch }
      const graphContext = createGraphContext({
        ...{ g, graph, info, layers, image, objective: objective as WrittenObjective },
        ...(shared ? { shared } : {}),
      })
      // outputs that share a tensor, or are one of the network's own, get names of their own
      const named = Object.entries(spec.outputs?.(graphContext, fed) ?? { score: graphContext.score }).map(
        ([name, value]) => [name, g.unary('Identity', value)] as const,
      )
      const outputs = Object.fromEntries(named)
      if (spec.shared) checkOnlyWeights(graph, g, outputs)
      return outputs
    },
  )
  return {
    model: assembly.model,
    feeds: Object.fromEntries(feeds.map(({ name, value, spec: own }) => [name, { name: value.name, spec: own }])),
    base: { name: base.name, of: ofFeatures ? 'features' : 'image', each: perItem === undefined },
    parameters: assembly.parameters[0] ?? {},
    outputs: assembly.outputs,
  }
}

/** The values of an image in the type of the network's input. */
function levels(g: Builder, image: Value, type: Value['type']): Value {
  if (type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16') return g.cast(image, type)
  // casts to integers cut off: what is meant is the nearest level, and only those that the type has
  const [low, high] = type === 'int8' ? [-128, 127] : [0, type === 'uint16' ? 65_535 : 255]
  const level = g.unary('Floor', g.add(image, 0.5))
  return g.cast(g.where(g.less(level, low), low, g.where(g.greater(level, high), high, level)), type)
}
