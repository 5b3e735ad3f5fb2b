/** @file How a network wants its photos: a plain value, JSON as it is. */
import type { ImageLayout, Size } from '../core/pixels.ts'
import type { LevelWindow } from './level-window.ts'

/** Filters that smooth when shrinking, by Pillow's names. */
export type SmoothFilter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'

/**
 * Filters that look at the nearest pixels only, however much is shrunk: `linear` is PyTorch's `bilinear` without antialiasing,
 * `opencv-linear` OpenCV's `INTER_LINEAR` with its rounding, `cubic` PyTorch's `bicubic` (a = −0.75). With `-corners` the centres of the corner pixels
 * meet (`align_corners`). `gauss-linear` is scikit-image's: a Gaussian blur, then linear.
 */
export type PointFilter = 'linear' | 'opencv-linear' | 'cubic' | 'linear-corners' | 'cubic-corners' | 'gauss-linear'

/** Every filter of a resize. */
export type Filter = SmoothFilter | PointFilter

/** Whole pixels of a fraction: cut off, to the even neighbour of a half, a half up, or up. */
export type Rounding = 'down' | 'nearest' | 'half-up' | 'up'

/** What a photo is resized to. Sides are whole pixels from 1 to 16384, photos keep their shape where nothing else is said. */
export type ResizeTo =
  /** Exactly this. */
  | Size
  /** What the network's input takes; a free side stays as it is. */
  | 'input'
  /** As it is: for `multiple`. */
  | 'photo'
  /** The shorter side gets a length, the longer one at most `longest`; with `shrink: false` larger photos stay. */
  | { shortest: number; longest?: number; rounding?: Rounding; shrink?: false }
  /** The longer side gets a length, the other one at least `atLeast`; with `grow: false` smaller photos stay. */
  | { longest: number; atLeast?: number; rounding?: Rounding; grow?: false }
  /** As large as fits into a rectangle; with `grow: false` smaller photos stay. */
  | { inside: Size; rounding?: Rounding; grow?: false }
  /** As small as covers a rectangle. */
  | { cover: Size }
  /** By the factor of that side which has to change less. */
  | { nearest: Size }
  /** A height; the width follows, up to a bound. What is narrower than `width` rounds its width up. */
  | { line: { height: number; width: number; longest: number } }

/** Another size. */
export interface ResizeStep {
  kind: 'resize'
  to: ResizeTo
  /** Both sides become multiples of this number. */
  multiple?: { of: number; rounding: Rounding }
  filter: Filter
  /** Values stay fractions of levels, and may overshoot 0 … 255; otherwise they are rounded. */
  fractional?: true
  /** As torchvision resizes bytes: weights of 16 bits, always the horizontal pass first. */
  torchvision?: true
  /** Much larger pictures are first shrunk by whole factors, to this many times the size or more: Pillow's `reducing_gap`. */
  reducingGap?: number
}

/** Cut out of the middle; where the picture is smaller, black is added. */
export interface CropStep {
  kind: 'crop'
  /** Pixels; shares of the shorter side (`ofShorter`) or of each side (`share`); or what is darker than a level between the photo's extremes. */
  to: Size | { ofShorter: Size } | { share: Size } | { darkerThan: number }
  /** Where the middle is no whole pixel: one lower, nearer to 0, or the even one (torchvision). */
  odd?: 'floor' | 'truncate' | 'even'
}

/**
 * What is added: levels 0 … 255 (one, or one per channel of RGB); a value that the network gets, after normalising; or the
 * picture, mirrored without or with its edge.
 */
export type Fill = readonly number[] | { value: number } | 'reflect' | 'symmetric'

/** A frame around the picture. */
export interface PadStep {
  kind: 'pad'
  /** A size; the longer side in both directions; multiples (`more`: at least one pixel more); a margin on all four sides, ⌊factor · √(side / 2)⌋. */
  to: Size | 'square' | { multiple: number; more?: true } | { rootMargin: number }
  /** Where the picture lies: top left, or in the middle. */
  place: 'start' | 'middle'
  fill: Fill
}

/** What happens to a photo, one thing at a time. */
export type Step = ResizeStep | CropStep | PadStep

/** From photo to input: steps in the order in which they happen, then `(level · scale − mean) / std` per channel. */
export interface Preprocessing {
  /** Which levels of the file become 0 and 255, before everything else; `auto`: the photo's own extremes. Default: bytes as they are. */
  window?: LevelWindow
  steps: readonly Step[]
  /** Factor on the levels 0 … 255; 1 for none. */
  scale: number
  /** Subtracted after scaling, in the network's own channel order; one value serves all channels, empty for none. */
  mean: readonly number[]
  /** Divided by after subtracting; like `mean`. */
  std: readonly number[]
  /** `grey`: luminance in each channel. */
  channelOrder: 'rgb' | 'bgr' | 'grey'
  /** A hint only: the shape of the model's input decides. */
  layout: ImageLayout
}

export const imagenetMean = [0.485, 0.456, 0.406]
export const imagenetStd = [0.229, 0.224, 0.225]
/** Pixels of a side. */
export const largestSide = 16384

/** What most ImageNet networks want, for a model that says nothing: squeeze to the input's size, 0 … 1, ImageNet's mean and deviation. */
export function defaultPreprocessing(input: { height: number; width: number; channels: number }): Preprocessing {
  const colour = input.channels === 3
  return {
    steps: [{ kind: 'resize', to: { height: input.height, width: input.width }, filter: 'bilinear' }],
    scale: 1 / 255,
    mean: colour ? imagenetMean : [],
    std: colour ? imagenetStd : [],
    channelOrder: 'rgb',
    layout: 'nchw',
  }
}

/** The size that the steps end with, where it is the same for all photos; else the length that they name, as a square. */
export function finalSize({ steps }: Pick<Preprocessing, 'steps'>): Size | undefined {
  for (const step of steps.toReversed()) {
    const { to } = step
    if (typeof to === 'string') continue
    if ('height' in to) return to
    if ('inside' in to) return to.inside
    if ('nearest' in to) return to.nearest
    if ('shortest' in to) return { height: to.shortest, width: to.shortest }
    if ('longest' in to) return { height: to.longest, width: to.longest }
  }
  return undefined
}

/** The values of black and white pixels after preprocessing, channel by channel. A negative scale makes black the larger. */
export interface ValueRange {
  black: readonly number[]
  white: readonly number[]
}

/** Undefined where the preprocessing is unknown. */
export function valueRange(spec: Preprocessing | undefined, channels: number): ValueRange | undefined {
  if (!spec) return undefined
  const at = (level: number, c: number): number =>
    (level * spec.scale - (spec.mean[c] ?? spec.mean[0] ?? 0)) / (spec.std[c] ?? spec.std[0] ?? 1)
  const all = (level: number): number[] => Array.from({ length: channels }, (_, c) => at(level, c))
  return { black: all(0), white: all(255) }
}
