/** @file How the outputs of a detector are read, as data: which tensors, which axes, which channels, and what places they belong to. */

/** What becomes of raw numbers. `squared-sigmoid`: (2σ(x))², sizes of YOLO v5 and v7. */
export type Activation = 'none' | 'sigmoid' | 'softmax' | 'tanh' | 'exp' | 'squared-sigmoid'

/** Some channels of a tensor, for every candidate. */
export interface Channels {
  /** Name of a tensor, or `output:0` for the model's first output. A list: one head at several scales, whose candidates are counted over them in their order. */
  tensor: string | readonly string[]
  /** Axis of the channels. Default: the last one, of [N, A] none. Every other axis but the first counts candidates, in the order of the axes. */
  axis?: number
  /** So many candidates share the axis, all channels of one before those of the next: 3 in [N, 3·85, rows, columns]. Default: 1. */
  groups?: number
  /** First channel, within its group. Default: 0. */
  from?: number
  /** How many. Default: all that follow. */
  count?: number
  /** Softmax goes over these channels. Default: `none`. */
  activation?: Activation
}

/** How coordinates are written. `ltrb`: distances from a point to the left, upper, right and lower edge. */
export type BoxFormat = 'cxcywh' | 'cycxhw' | 'xyxy' | 'yxyx' | 'xywh' | 'ltrb'

/** The places that raw coordinates are relative to: grids of several strides, level after level, row after row. */
export interface Places {
  /** Pixels of the network's input from one cell to the next, one number for each level. */
  strides: readonly number[]
  /** Where in its cell a place is: 0 for the corner, 0.5 for the centre. Default: 0. */
  offset?: number
  /** Width and height in pixels of the anchors at each place, one list for each level. */
  anchors?: readonly (readonly (readonly [width: number, height: number])[])[]
  /** Whether all places of one anchor follow each other, or all anchors of one place. Default: as the axes say; in one axis `places`. */
  order?: 'anchors' | 'places'
  /** `floor`: cells are as far apart as the image divided by their number, rounded down (torchvision). Default: `stride`. */
  spacing?: 'stride' | 'floor'
}

/** Four coordinates of every candidate. */
export interface BoxChannels extends Channels {
  /** Instead of one activation, one for each coordinate. */
  activations?: readonly Activation[]
  /** Centre, width and height, x or y first; two corners; one corner, width and height; four distances. */
  format: BoxFormat
  /** Of the network's input: its pixels, or 1 for its whole width and height. Of places: cells (sizes: of their anchors, where there are any), or anchors for all four. */
  units: 'pixels' | 'normalised' | 'cells' | 'anchors'
  /** Centres are offsets, in cells, from the cell of the grid [rows, columns] that the candidate lies in. */
  grid?: readonly [rows: number, columns: number]
  /** Where candidates are, which raw coordinates are relative to. */
  places?: Places
  /** Widths and heights, where they are in a tensor of their own. */
  sizes?: Channels
  /** Each coordinate is the mean of a distribution over 0, 1, … bins − 1: the softmax of as many channels. */
  bins?: number
  /** Coordinates are multiplied by these before anything else. */
  variances?: readonly number[]
  /** Centres reach beyond their cell: s·σ − (s − 1) / 2, with one s for all levels or one for each. Default: 1. */
  stretch?: number | readonly number[]
  /** Whether what reaches beyond the photo is cut off. Where boxes overlap, all of them counts. */
  cut?: boolean
}

/** How the outputs of a detector are read as classes and boxes. */
export interface Decoding {
  /** Class scores. */
  classes: Channels & {
    /** A channel that stands for no object; it takes part in the softmax and is no class. */
    background?: 'first' | 'last'
  }
  /** A channel with the number of the class that the single score of each candidate belongs to: rows of finished boxes. */
  ids?: Channels & {
    /** The number of the first class: 1 where 0 is the background. Default: 0. */
    first?: number
    /** How many classes there are. Default: as many as labels, or as numbers show. */
    classes?: number
  }
  /** How sure the network is that there is anything at all. */
  objectness?: Channels
  /** Four coordinates; without them boxes can be named by index and class, but not told apart by place. */
  boxes?: BoxChannels
  /** A channel with the angle in radians by which boxes are turned about their centre: they are shown by the upright box around them. */
  angle?: Channels
  /** Tensor before which the feature layer is looked for: in a network of several branches, that of the class scores. */
  features?: string
  /** score = objectness^a · class^b; each 1 by default. */
  exponents?: { objectness?: number; classes?: number }
  /** Of boxes that overlap more than this (intersection over union) the best one counts. Default: 0.5. */
  overlap?: number
}
