/** @file What a method is: nodes that make the map in one run, or a procedure of several runs. */
import type { Warning } from '../core/errors.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import type { OptionTable, OptionValues } from './options.ts'
import type { PostProcessing } from './post.ts'
import type { GraphContext } from '../run/graph-context.ts'
import type { RunContext } from '../run/forward.ts'

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

interface About {
  /** As on the command line. */
  name: string
  title: string
  family: Family
  /**
   * What negative values of the raw map say. `evidence`: against the target, as positive ones speak for it. `never`: there are
   * none. Default: neither; they may be there, and mean something else, such as a direction.
   */
  signed?: 'evidence' | 'never'
  source: string
  /** What it costs, in forward passes of the network: `1`, `1 + backward`, `samples`. */
  cost: string
  /** How far back it differentiates the score; not at all unless told. */
  gradient?: 'features' | 'image'
  /** Post-processing that suits the method; whatever is not named is that of `usualPost`. */
  post?: Partial<PostProcessing>
  /** Settings of its own, with their defaults and bounds. */
  options?: OptionTable
  /** What a person should know of this method on this network. */
  warn?(subject: Subject): readonly Warning[]
}

/** A map in one run: nodes from a context to the raw map, [N, h, w], before activation and scaling. */
export interface GraphMethod extends About {
  map(context: GraphContext, options: OptionValues): Value
}

/** What a procedure comes to. */
export interface Outcome {
  width: number
  height: number
  /** Raw map, row by row, before activation and scaling. */
  data: Float32Array
  /** What else a person should see: weights, R², completeness. JSON-able. */
  details?: Readonly<Record<string, unknown>>
  warnings?: readonly Warning[]
}

/** A map in several runs, of one image and one target. */
export interface RunMethod extends About {
  run(context: RunContext, options: OptionValues): Promise<Outcome>
}

export type Method = GraphMethod | RunMethod

export const isGraphMethod = (method: Method): method is GraphMethod => 'map' in method
