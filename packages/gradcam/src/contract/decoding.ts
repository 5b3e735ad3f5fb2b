/** @file How the outputs of a detector are read, as data: which tensors, which axes, which channels. */

/** What becomes of raw numbers. */
export type Activation = 'none' | 'sigmoid' | 'softmax' | 'tanh'

/** Some channels of a tensor, for every candidate. */
export interface Channels {
  /** Name of a tensor, or `output:0` for the model's first output. */
  tensor: string
  /** Axis of the channels. Default: the last one. Every other axis but the first counts candidates, in the order of the axes. */
  axis?: number
  /** First channel. Default: 0. */
  from?: number
  /** How many. Default: all that follow. */
  count?: number
  /** Softmax goes over these channels. Default: `none`. */
  activation?: Activation
}

/** How the outputs of a detector are read as classes and boxes. */
export interface Decoding {
  /** Class scores. */
  classes: Channels & {
    /** A channel that stands for no object; it takes part in the softmax and is no class. */
    background?: 'first' | 'last'
  }
  /** A channel with the number of the class that the single score of each candidate belongs to. */
  ids?: Channels
  /** How sure the network is that there is anything at all. */
  objectness?: Channels
  /** Four coordinates; without them boxes can be named by index and class, but not told apart by place. */
  boxes?: Channels & {
    /** Instead of one activation, one for each coordinate. */
    activations?: readonly Activation[]
    /** Centre, width and height; two corners; the same with y first; one corner, width and height. */
    format: 'cxcywh' | 'xyxy' | 'yxyx' | 'xywh'
    /** Of the network's input: its pixels, or 1 for its whole width and height. */
    units: 'pixels' | 'normalised'
    /** Centres are offsets, in cells, from the cell of the grid [rows, columns] that the candidate lies in. */
    grid?: readonly [rows: number, columns: number]
  }
  /** A channel with the angle in radians by which boxes are turned about their centre: they are shown by the upright box around them. */
  angle?: Channels
  /** Tensor before which the feature layer is looked for: in a network of several branches, that of the class scores. */
  features?: string
  /** score = objectness^a · class^b; each 1 by default. */
  exponents?: { objectness?: number; classes?: number }
  /** Of boxes that overlap more than this (intersection over union) the best one counts. Default: 0.5. */
  overlap?: number
}
