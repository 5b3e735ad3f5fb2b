/** @file A derived model that a procedure runs many times: the network with something put in place of its picture or its features. */
import { freePrefix } from '../gradient/gradient.ts'
import { deriveModel } from '../graph/derive.ts'
import { type Builder, createBuilder, type DimSource } from '../graph/emit.ts'
import type { Facts } from '../graph/facts.ts'
import type { Dim, Shape, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import { featureFactors, featureMap, fromPictureMap, type PictureLayout, pictureMap } from '../graph/arrange.ts'
import type { Model } from '../model/read.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import { type Aim, type AimScope, aimSeeds } from '../target/aim.ts'
import { createScene, type Scene } from './scene.ts'
import { careful, freed, onlyWeights } from './shared-features.ts'

/** Something that is fed, float32: one of its own for each item of the batch ([N, …shape]), or one for all ([1, …shape]). */
export interface FeedSpec {
  shape: readonly number[]
  each: boolean
}

/** What a procedure wants to run. */
export interface ProgramSpec {
  /** Programs of one task with equal keys are the same: it names everything that the nodes depend on. */
  key: string
  feeds?: Readonly<Record<string, FeedSpec>>
  /** What the network gets instead of the picture [1 or N, C, H, W], float32: [N, C, H, W]. */
  picture?: (g: Builder, picture: Value, fed: (name: string) => Value) => Value
  /** What the features are multiplied by: [N, C, h, w], each dimension but the first perhaps 1. Only the part behind them is run. */
  features?: (g: Builder, fed: (name: string) => Value) => Value
  /** Instead of the task's own target. */
  aim?: (fed: (name: string) => Value) => Aim
  /**
   * The features of the picture serve all items as they are: `scene.activations` is [1, C, h, w]. Only where the outputs
   * follow from them and from weights, as gradients of linear heads do.
   *
   * @throws NotShared where they do not
   */
  shared?: true
  /** Outputs by name, [N, …] each. */
  outputs: (scene: Scene, fed: (name: string) => Value) => Readonly<Record<string, Value>>
}

export interface ProgramContext {
  model: Model
  facts: Facts
  layers: Layers
  aim: Aim
  picture: { name: string; layout: PictureLayout }
}

/** A model to run, and what goes in and out under which names. */
export interface ProgramModel {
  model: ModelBytes
  /** Name in the model of what the procedure feeds. */
  feeds: Readonly<Record<string, { name: string; spec: FeedSpec }>>
  /** Input for the picture or features themselves, in the network's own layout and type; [N, …] when `each`. */
  base: { name: string; of: 'picture' | 'features'; each: boolean }
  /** Inputs for the aim's parameters, [1, …] each. */
  parameters: Readonly<Record<string, string>>
  outputs: Readonly<Record<string, string>>
  /** Their shapes, [N, …]. */
  shapes: Readonly<Record<string, Shape>>
}

/** Builds a program's model. */
export function programModel(context: ProgramContext, spec: ProgramSpec): ProgramModel {
  const { model, layers, picture } = context
  const { graph } = model
  const prefix = freePrefix(graph)
  const facts = spec.shared ? freed(graph, context.facts, layers.feature.name) : context.facts
  const ofFeatures = spec.shared || spec.features !== undefined
  const batch = facts.value(ofFeatures ? layers.feature.name : picture.name).shape[0] as Dim
  const feeds = Object.entries(spec.feeds ?? {}).map(([name, { shape, each }]) => {
    const value: Value = { name: `${prefix}feed/${name}`, type: 'float32', shape: [each ? batch : 1, ...shape] }
    return { name, value, each }
  })
  const original = facts.value(ofFeatures ? layers.feature.name : picture.name)
  const each = !feeds.some((feed) => feed.each)
  const base: Value = { ...original, name: `${prefix}base`, shape: [each ? batch : 1, ...original.shape.slice(1)] }
  const measured = feeds.find((feed) => feed.each)?.value ?? base
  // the batch is as long as what is fed: the network's own input may not be there at all
  const dimSource: DimSource = (symbol) => (symbol === batch ? { tensor: measured, axis: 0 } : facts.dimSource(symbol))
  const plain = createBuilder(graph.opset, prefix, dimSource)
  const g = spec.shared ? careful(plain) : plain
  const fed = (name: string): Value => {
    const found = feeds.find((feed) => feed.name === name)
    if (found) return found.value
    throw new Error(`the program feeds no ${name}`)
  }
  const instead = spec.shared
    ? base
    : spec.features
      ? changedFeatures(g, base, layers, spec.features(g, fed))
      : changedPicture(g, base, picture, spec, fed)
  g.node('Identity', [instead], original)
  const prologue = g.emission.nodes.splice(0)
  const last = prologue.at(-1)
  if (last) last.output = [original.name]

  const aim = spec.aim?.(fed) ?? context.aim
  const parameters = Object.entries(aim.feeds).map(([name, { type, dims }]): [string, Value] => [
    name,
    { name: `${prefix}target/${name}`, type, shape: dims },
  ])
  const scope = aimScope(g, facts, new Map(parameters))
  const scene = createScene({
    ...{ g, graph, facts, layers, picture },
    seeds: () => aimSeeds(aim, scope, facts),
    score: () => aim.score(scope),
    ...(spec.shared ? { shared: { activations: featureMap(g, g.cast(base, 'float32'), layers.feature.layout), batch } } : {}),
  })
  const values = Object.entries(spec.outputs(scene, fed))
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
      ...{ prologue, inputs, outputs: outputs.map(([, name]) => name), inputShapes: facts.inputShapes },
      replaced: new Set([original.name]),
    }),
    feeds: Object.fromEntries(
      feeds.map(({ name, value, each: own }) => [name, { name: value.name, spec: { shape: value.shape.slice(1) as number[], each: own } }]),
    ),
    base: { name: base.name, of: ofFeatures ? 'features' : 'picture', each },
    parameters: Object.fromEntries(parameters.map(([name, value]) => [name, value.name])),
    outputs: Object.fromEntries(outputs),
    shapes: Object.fromEntries(values.map(([name, { shape }]) => [name, shape])),
  }
}

/** What an aim sees: the network's tensors, and its parameters as inputs. */
export const aimScope = (g: Builder, facts: Facts, parameters: ReadonlyMap<string, Value>): AimScope => ({
  g,
  read: (name) => facts.value(name),
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

function changedPicture(
  g: Builder,
  base: Value,
  { layout }: ProgramContext['picture'],
  { picture }: ProgramSpec,
  fed: (name: string) => Value,
): Value {
  if (!picture) return base
  const changed = fromPictureMap(g, picture(g, pictureMap(g, g.cast(base, 'float32'), layout), fed), layout)
  if (base.type === 'float32' || base.type === 'float64' || base.type === 'float16' || base.type === 'bfloat16')
    return g.cast(changed, base.type)
  // casts to integers cut off: what is meant is the nearest level, and only those that the type has
  const [low, high] = base.type === 'int8' ? [-128, 127] : [0, 255]
  const level = g.unary('Floor', g.add(changed, 0.5))
  return g.cast(g.where(g.less(level, low), low, g.where(g.greater(level, high), high, level)), base.type)
}
