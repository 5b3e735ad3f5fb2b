/** @file What a person may want explained, as data: the same in code, as JSON, and behind the words of the command line. */
import type { Tensor } from '../core/tensor.ts'
import type { Decoding } from './detection/decoding.ts'
import type { Target } from './labels.ts'

/** How many values become one score. */
export type Reduction = 'sum' | 'mean'

/** A file that is read before anything is explained; `gradcam/node` and the command do that. */
export interface FileRef {
  file: string
}

/** A mask: what is over a half is inside. Of the photo's size, of the network's input, or of the tensor that it selects from. */
export interface Mask {
  width: number
  height: number
  /** Row by row. */
  data: ArrayLike<number>
}

/** One class. The score is its logit y_c. */
export interface ClassSpec {
  kind: 'class'
  class: Target
}

/** Several classes as one score: Σ y_c, or their mean. `top-3` stands for the three best of the image. */
export interface ClassesSpec {
  kind: 'classes'
  classes: readonly Target[]
  /** `sum` unless told. */
  reduce?: Reduction
}

/** This rather than that: y_c − weight · mean of the others. */
export interface DifferenceSpec {
  kind: 'difference'
  class: Target
  /** The other classes, or how many of those whose logits are nearest to the class's own. */
  from: Target | readonly Target[] | { nearest: number }
  /** γ of Finer-CAM; 1 unless told, 0 is the class alone. */
  weight?: number
}

/** What speaks against another target: −y. */
export interface AgainstSpec {
  kind: 'against'
  target: ObjectiveInput
}

/** One number that the network computes. */
export interface ValueSpec {
  kind: 'value'
  /** Name of a tensor; that of the reduction layer unless told. */
  tensor?: string
  /** Its label or index on axis 1, or a full position without the batch; not needed where there is one value only. */
  element?: number | string | readonly number[]
  /** What raises it (`up`, unless told) or what lowers it. */
  direction?: 'up' | 'down'
}

/** A class over some places of a segmentation. */
export interface RegionSpec {
  kind: 'region'
  class: Target
  /** Where the network itself sees the class (`predicted`, unless told), a mask, or a box or point of the photo, in its pixels. */
  over?:
    | 'predicted'
    | { mask: Mask | FileRef }
    | { box: readonly [x1: number, y1: number, x2: number, y2: number] }
    | { point: readonly [x: number, y: number] }
  /** `mean` unless told. */
  reduce?: Reduction
  /** Tensor with the class scores of every place; the reduction layer unless told. */
  tensor?: string
}

/** One box of a detector, or several as a sum. */
export interface BoxSpec {
  kind: 'box'
  /** Which candidate, counted from 0 as the network gives them out; either this or `class`. */
  box?: number | readonly number[]
  /** The class whose best box is meant, `top-1` the best of any class, `top-3` three targets; or, with `box`, the class whose score it is: the box's best one unless told. */
  class?: Target
  /** Its best box is 1, the next one of another place 2. */
  rank?: number
  /** objectness^a · class^b (`score`, unless told), or one of the two. */
  part?: 'score' | 'objectness' | 'class'
  /** How the network's outputs are to be read; found by their shapes where those leave no doubt. */
  decoding?: Decoding
}

/** How like a reference the embedding is. */
export interface SimilarSpec {
  kind: 'similar'
  /** The reference's embedding, a photo of it, or the same preprocessed. */
  to: ArrayLike<number> | FileRef | { image: Tensor; name?: string }
  /** Tensor with the embedding; the reduction layer unless told. */
  tensor?: string
  /** `cosine` unless told. */
  measure?: 'cosine' | 'dot'
}

/** A formula over tensors of the network. */
export interface ExpressionSpec {
  kind: 'expression'
  expression: string
  /** What becomes of the values that are left of an image: `sum` unless told. */
  reduce?: Reduction
}

/** A small ONNX model whose inputs are tensors of the network, and whose one output is the score. */
export interface OnnxSpec {
  kind: 'onnx'
  model: Uint8Array | FileRef
  reduce?: Reduction
}

/** A target that lies in a JSON file. */
export interface FileSpec {
  kind: 'file'
  file: string
}

export type ObjectiveSpec =
  | ClassSpec
  | ClassesSpec
  | DifferenceSpec
  | AgainstSpec
  | ValueSpec
  | RegionSpec
  | BoxSpec
  | SimilarSpec
  | ExpressionSpec
  | OnnxSpec
  | FileSpec

/** A label, an index, `top-K`, words of the command line, or the description itself. */
export type ObjectiveInput = Target | ObjectiveSpec
