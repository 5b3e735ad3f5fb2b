/** @file What a method is: nodes that make the map in one run, or a procedure of several runs. */
import type { Warning } from '../core/errors.ts'
import type { Grid } from '../core/pixels.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { OptionTable, ValuesOf } from './options.ts'
import { evidence, magnitudes, type PostProcessing } from './post.ts'
import type { GraphContext } from '../run/graph-context.ts'
import type { RunContext } from '../run/run-context.ts'

/** Where a method looks: at a feature layer, at the image through gradients, or at the image from outside. */
export type Family = 'cam' | 'saliency' | 'perturbation'

/** The network that a method is to explain, before anything is run. */
export interface Subject {
  graph: Graph
  info: TensorInfo
  layers: Layers
  /** The input that takes the image. */
  image: string
}

interface Description<Options extends OptionTable> {
  /** As on the command line. */
  name: string
  title: string
  family: Family
  /**
   * What negative values of the raw map say. `evidence`: against the target, as positive ones speak for it. `never`: there are
   * none. Default: neither; they may be there, and mean something else, such as a direction.
   */
  signed?: 'evidence' | 'never'
  /** Whether the raw map is a mean of gradients, not parts of the score: what it could move the score by is told from its size. */
  slopes?: true
  source: string
  /** What it costs, in forward passes of the network: `samples`. Default: one, and the way back as far as `gradient` says. */
  cost: string
  /** Whether it looks at a feature layer. Default: where its family is `cam`. */
  layer?: true
  /** How far back it differentiates the score. Default: to the image where the family is `saliency`, else not at all. */
  gradient?: 'features' | 'image'
  /**
   * Post-processing that suits the method. Default: as usual for its family; for `saliency`, percentiles of values that are
   * all positive, or evidence with a sign.
   */
  post?: Partial<PostProcessing>
  /** Its own options, with their defaults and bounds. */
  options?: Options
  /** Warnings about this method on this network. */
  warn?(subject: Subject): readonly Warning[]
}

/** A map in one run: nodes from a context to the raw map, [N, h, w], before activation and scaling. */
export interface GraphMethod<Options extends OptionTable = OptionTable> extends Description<Options> {
  map(context: GraphContext, options: ValuesOf<Options>): Value
}

/** The result of a procedure: its raw map, before activation and scaling, and what else it found. */
export interface Outcome extends Grid {
  /** Further results: weights, R², completeness. JSON-able. */
  details?: Readonly<Record<string, unknown>>
  warnings?: readonly Warning[]
  /** No change of the image changed the score but for rounding: the map is drawn as nothing. */
  unmoved?: boolean
}

/** A map in several runs, of one image and one target. */
export interface RunMethod<Options extends OptionTable = OptionTable> extends Description<Options> {
  run(context: RunContext, options: ValuesOf<Options>): Promise<Outcome>
}

/** A method: appended to the graph as nodes, or made of many runs. */
export type Method = GraphMethod | RunMethod

export const isGraphMethod = (method: Method): method is GraphMethod => 'map' in method

/** Whether a method looks at a feature layer. */
export const looksAtLayer = ({ family, layer }: Pick<Method, 'family' | 'layer'>): boolean => family === 'cam' || layer === true

type None = Record<string, never>

/** Without what follows from the rest. */
type Short<Definition extends Description<OptionTable>> = Omit<Definition, 'cost'> & { cost?: string }

/**
 * A method whose options have the types that their table says.
 *
 * @example
 * const powerCam = defineMethod({
 *   ...{ name: 'power-cam', title: 'Power-CAM', family: 'cam', source: 'your paper', gradient: 'features' },
 *   options: { gain: { kind: 'number', default: 1, min: 0, max: 9, about: 'factor of the gradient before it is squashed' } },
 *   map: ({ g, activations, gradient }, { gain }) => g.sum(g.mul(g.unary('Tanh', g.mul(gradient, gain)), activations), [1], false),
 * })
 * await net.explain('dog.jpg', { method: powerCam, options: { gain: 2 } })
 */
export function defineMethod<const Options extends OptionTable = None>(method: Short<GraphMethod<Options>>): GraphMethod<Options>
export function defineMethod<const Options extends OptionTable = None>(method: Short<RunMethod<Options>>): RunMethod<Options>
export function defineMethod(method: Short<GraphMethod> | Short<RunMethod>): Method {
  const whole = { ...usual(method), ...method }
  const back = { features: ' + backward to the feature layer', image: ' + backward to the image' }
  return { cost: whole.gradient ? `1${back[whole.gradient]}` : '1', ...whole }
}

/** What methods of a family have in common. */
function usual({ family, signed }: Pick<Method, 'family' | 'signed'>): Pick<Method, 'gradient' | 'post'> {
  switch (family) {
    case 'cam':
      return {}
    case 'saliency':
      return { gradient: 'image', post: signed === 'evidence' ? evidence : magnitudes }
    case 'perturbation':
      return { post: { upsample: 'none' } }
  }
}
