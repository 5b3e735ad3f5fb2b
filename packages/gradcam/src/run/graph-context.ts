/** @file What a method sees of the network while its graph is built: image, features, score, and gradients of the score. */
import { GradcamError } from '../core/errors.ts'
import { plain } from '../gradient/tables.ts'
import { type RuleTable, walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Dim, Graph, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { ImageLayout } from '../core/pixels.ts'
import { featureMap, imageMap } from '../graph/arrange.ts'
import { type Seed, timesValue, type WrittenObjective } from '../objective/objective.ts'
import { scaleOf, sizeOfEach, sizeOfProduct } from './scale.ts'

/** How a reverse walk is done. */
export interface Backward {
  /** Default: the derivative. */
  rules?: RuleTable
  /** What the walk starts with: 1, or the score itself, as rules of relevance want it. */
  start?: 'one' | 'score'
  /** Seeds of another score than the objective's. */
  from?: readonly Seed[]
}

/** What a method of nodes builds its map from. */
export interface GraphContext {
  readonly g: Builder
  readonly graph: Graph
  readonly info: TensorInfo
  readonly layers: Layers
  /** The number of images of a run: a free dimension by its name. */
  readonly batch: Dim
  /** The network's input, float32 [N, C, H, W], whatever its own layout and type. */
  readonly image: Value
  /** Feature map, float32 [N, C, h, w]; class and register tokens dropped. */
  readonly activations: Value
  /** ∂score/∂activations, float32, broadcastable to [N, C, h, w]. */
  readonly gradient: Value
  /** The objective's score, float32 [N]. */
  readonly score: Value
  /** What the score is made of: Σ |∂score/∂t · t| over the tensors that it reads, float32 [N]; undefined where a tensor has no batch. */
  scale(): Value | undefined
  /**
   * How far the score could move with what it was differentiated by, to first order: Σ |∂score/∂x · x|, float32 [N]. Undefined where no
   * plain gradient was asked for.
   */
  moves(): Value | undefined
  /** ∂score/∂image, or what another rule table hands down to it: float32 [N, C, H, W]. */
  imageGradient(how?: Backward): Value
  /** The same for the features: float32, broadcastable to [N, C, h, w]. */
  featureGradient(how?: Backward): Value
  /** The same for any tensors of the network, in their own layout; undefined where the score does not depend on one. */
  gradients(tensors: readonly string[], how?: Backward): (Value | undefined)[]
}

export interface GraphContextSource extends Pick<GraphContext, 'g' | 'graph' | 'info' | 'layers'> {
  /** The network's image input and its layout. */
  image: { name: string; layout: ImageLayout }
  /** What is explained; written when a gradient or the score is first asked for. */
  objective: Pick<WrittenObjective, 'seeds' | 'score'>
  /** Where one image's features serve all items: the feature map [1, C, h, w], and the number of items. */
  shared?: { activations: Value; batch: Dim }
}

// what to do where no gradient arrives
const noFeatures =
  'every way between them is cut by an operator without derivative: choose a later feature layer, or a method without gradients: recipro-cam, occlusion, rise'
const noImage =
  'the way to the image is cut by an operator without derivative: use a method of the cam family, or one without gradients: occlusion, rise, lime'

/** A context whose values are emitted when they are first asked for. */
export function createGraphContext({ g, graph, info, layers, image, objective, shared }: GraphContextSource): GraphContext {
  const { feature, reduction } = layers
  let started: readonly Seed[] | undefined
  const gradients: GraphContext['gradients'] = (tensors, { rules = plain, start = 'one', from } = {}) => {
    const given = from ?? (started ??= objective.seeds())
    const first = start === 'one' ? given : timesValue(g, info, given)
    return walkBack({ graph, info, builder: g, rules, seeds: first, wrt: tensors })
  }
  const reached = (name: string, hint: string, how?: Backward): Value => {
    const [value] = gradients([name], how)
    if (value) return value
    throw new GradcamError('no-gradient', `no gradient reaches ${name} from ${reduction.name}`, { hint })
  }
  const wide = (value: Value): Value => g.cast(value, 'float32')
  /** A gradient that is the same in all channels, once for each: methods weigh channels. */
  const inChannels = (value: Value): Value => {
    const { shape } = info.value(feature.name)
    const axis = feature.layout.kind === 'nchw' ? 1 : shape.length - 1
    const channels = shape[axis] as Dim
    const whole = value.shape.length !== shape.length || value.shape[axis] === channels
    return whole ? value : g.expand(value, value.shape.with(axis, channels))
  }
  const featureGradient: GraphContext['featureGradient'] = (how) =>
    featureMap(g, inChannels(wide(reached(feature.name, noFeatures, how))), feature.layout)
  const imageGradientBy = (how?: Backward): Value =>
    imageMap(g, g.expand(wide(reached(image.name, noImage, how)), info.value(image.name).shape), image.layout)
  const made: Partial<Record<'image' | 'activations' | 'gradient' | 'imageGradient' | 'score', Value>> = {}
  const imageGradient: GraphContext['imageGradient'] = (how) => (how ? imageGradientBy(how) : (made.imageGradient ??= imageGradientBy()))
  const batch: Dim = shared?.batch ?? info.value(image.name).shape[0] ?? 1
  const wholeImage = (): Value => (made.image ??= imageMap(g, wide(info.value(image.name)), image.layout))
  const activations = (): Value =>
    (made.activations ??= shared?.activations ?? featureMap(g, wide(info.value(feature.name)), feature.layout))
  return {
    ...{ g, graph, info, layers, batch },
    get image() {
      return wholeImage()
    },
    get activations() {
      return activations()
    },
    get gradient() {
      return (made.gradient ??= featureGradient())
    },
    get score() {
      return (made.score ??= wide(objective.score()))
    },
    scale: () => scaleOf(g, info, batch, (started ??= objective.seeds())),
    moves() {
      if (made.gradient) return sizeOfProduct(g, activations(), made.gradient)
      if (!made.imageGradient) return undefined
      // black may be 0, and is something all the same
      const largest = g.reduceMax(g.unary('Abs', wholeImage()), [1, 2, 3])
      return sizeOfEach(g, g.mul(g.where(g.less(largest, 1), 1, largest), made.imageGradient))
    },
    ...{ imageGradient, featureGradient, gradients },
  }
}
