/** @file What can be known of an input of a model: what it takes and, of an image, how its axes are arranged. */
import type { ElementType } from '../core/tensor.ts'
import type { Shape } from '../graph/graph.ts'
import type { Fact } from './fact.ts'

/**
 * What an input takes. `series`: [N, C, L]; `volume`: [N, C, D, H, W]; `frames`: several pictures, [N, T, C, H, W]; `unused`: nothing
 * reads it, so it need not be given.
 */
export type InputRole = 'image' | 'mask' | 'numbers' | 'tokens' | 'series' | 'volume' | 'frames' | 'unused'

/** How the axes of an image are arranged; the last two have no batch axis. */
export type InputLayout = 'nchw' | 'nhwc' | 'chw' | 'hwc'

/** What is known of an input that takes an image. */
export interface ImageFacts {
  layout: Fact<InputLayout>
  /** 1 is grey, 3 colour; anything else has no photo. */
  channels: Fact<number>
  /** Pixels; undefined where free. */
  height: number | undefined
  width: number | undefined
  /** Images of a run; undefined where free. */
  batch: number | undefined
}

/** An input of a model. Plain data: JSON holds it. */
export interface InputFacts {
  name: string
  type: ElementType | undefined
  shape: Shape | undefined
  role: Fact<InputRole>
  /** Of an image alone. */
  image: ImageFacts | undefined
}

/** The roles in words. */
export const roleWords: Readonly<Record<InputRole, string>> = {
  image: 'an image',
  mask: 'a mask',
  numbers: 'numbers',
  tokens: 'tokens of a text',
  series: 'a series [N, C, L]',
  volume: 'a volume [N, C, D, H, W]',
  frames: 'several frames [N, T, C, H, W]',
  unused: 'read by nothing',
}
