/** @file What a method sees of the network while its graph is built: picture, features, score, and gradients of the score. */
import { GradcamError } from '../errors.ts'
import { plain } from '../gradient/tables.ts'
import { type RuleTable, walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import type { Facts } from '../graph/facts.ts'
import type { Dim, Graph, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import { featureMap, type PictureLayout, pictureMap } from '../graph/arrange.ts'
import { type Seed, timesValue } from '../target/aim.ts'

/** How a reverse walk is done. */
export interface Backward {
  /** The derivative unless told. */
  rules?: RuleTable
  /** What the walk starts with: 1, or the score itself, as rules of relevance want it. */
  start?: 'one' | 'score'
  /** Seeds of another score than the target's. */
  from?: readonly Seed[]
}

export interface Scene {
  readonly g: Builder
  readonly graph: Graph
  readonly facts: Facts
  readonly layers: Layers
  /** The number of pictures of a run: a free dimension by its name. */
  readonly batch: Dim
  /** The network's input, float32 [N, C, H, W], whatever its own layout and type. */
  readonly picture: Value
  /** Feature map, float32 [N, C, h, w]; class and register tokens dropped. */
  readonly activations: Value
  /** ∂score/∂activations, float32, broadcastable to [N, C, h, w]. */
  readonly gradient: Value
  /** The target's score, float32 [N]. */
  readonly score: Value
  /** ∂score/∂picture, or what another rule table hands down to it: float32 [N, C, H, W]. */
  pictureGradient(how?: Backward): Value
  /** The same for the features: float32, broadcastable to [N, C, h, w]. */
  featureGradient(how?: Backward): Value
  /** The same for any tensors of the network, in their own layout; undefined where the score does not depend on one. */
  gradients(tensors: readonly string[], how?: Backward): (Value | undefined)[]
}

export interface SceneSource {
  g: Builder
  graph: Graph
  facts: Facts
  layers: Layers
  /** The network's picture input and its layout. */
  picture: { name: string; layout: PictureLayout }
  /** Where the walk starts; made when a gradient is first asked for. */
  seeds: () => readonly Seed[]
  score: () => Value
  /** Where one picture's features serve all items: the feature map [1, C, h, w], and the number of items. */
  shared?: { activations: Value; batch: Dim }
}

/** A scene whose values are emitted when they are first asked for. */
export function createScene({ g, graph, facts, layers, picture, seeds, score, shared }: SceneSource): Scene {
  const { feature, reduction } = layers
  let started: readonly Seed[] | undefined
  const gradients: Scene['gradients'] = (tensors, { rules = plain, start = 'one', from } = {}) => {
    const given = from ?? (started ??= seeds())
    const first = start === 'one' ? given : timesValue(g, facts, given)
    return walkBack({ graph, facts, builder: g, rules, seeds: first, wrt: tensors })
  }
  const reached = (name: string, hint: string, how?: Backward): Value => {
    const [value] = gradients([name], how)
    if (value) return value
    throw new GradcamError('no-gradient', `no gradient reaches ${name} from ${reduction.name}`, { hint })
  }
  const wide = (value: Value): Value => g.cast(value, 'float32')
  const featureGradient: Scene['featureGradient'] = (how) =>
    featureMap(
      g,
      wide(
        reached(
          feature.name,
          'every way between them is cut by an operator without derivative: choose a later feature layer, or a method without gradients: recipro-cam, occlusion, rise',
          how,
        ),
      ),
      feature.layout,
    )
  const pictureGradient: Scene['pictureGradient'] = (how) => {
    const value = reached(
      picture.name,
      'the way to the picture is cut by an operator without derivative: use a method of the cam family, or one without gradients: occlusion, rise, lime',
      how,
    )
    return pictureMap(g, g.expand(wide(value), facts.value(picture.name).shape), picture.layout)
  }
  const lazy = <T>(make: () => T): (() => T) => {
    let made: { value: T } | undefined
    return () => (made ??= { value: make() }).value
  }
  const pictureOnce = lazy(() => pictureMap(g, wide(facts.value(picture.name)), picture.layout))
  const activationsOnce = lazy(() => shared?.activations ?? featureMap(g, wide(facts.value(feature.name)), feature.layout))
  const gradientOnce = lazy(() => featureGradient())
  const scoreOnce = lazy(() => wide(score()))
  return {
    ...{ g, graph, facts, layers, batch: shared?.batch ?? (facts.value(picture.name).shape[0] as Dim) },
    get picture() {
      return pictureOnce()
    },
    get activations() {
      return activationsOnce()
    },
    get gradient() {
      return gradientOnce()
    },
    get score() {
      return scoreOnce()
    },
    ...{ pictureGradient, featureGradient, gradients },
  }
}
