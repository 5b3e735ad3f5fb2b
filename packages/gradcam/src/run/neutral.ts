/** @file Images that say nothing: what covers a part of an image, and what a whole image is compared with. */
import { badOption } from '../core/errors.ts'
import type { ImageValues } from '../core/pixels.ts'
import { blurred, channelMean } from '../image/blur.ts'
import type { ValueRange } from '../model/preprocessing.ts'

export interface NeutralSource {
  image: ImageValues
  /** The values of black and white pixels; undefined where that is unknown. */
  range: ValueRange | undefined
}

type Fill = (source: NeutralSource) => Float32Array

// σ as a part of the shorter side: details below a twentieth of the image vanish
const blurring = 0.05

/** One value for each channel. */
const even =
  (value: (source: NeutralSource, channel: number) => number): Fill =>
  (source) => {
    const { data, channels, height, width } = source.image
    const places = height * width
    const filled = new Float32Array(data.length)
    for (let c = 0; c < channels; c++) filled.fill(value(source, c), c * places, (c + 1) * places)
    return filled
  }

/** From black, 0, to white, 1. */
const grey = (name: string, share: number): Fill =>
  even(({ range }, c) => {
    const [black, white] = [range?.black[c], range?.white[c]]
    if (black !== undefined && white !== undefined) return black + share * (white - black)
    throw badOption(
      `${name} is unknown for this network: its preprocessing is not given`,
      'use zero, mean, blur, or a number in the units of the input',
    )
  })

const fills = {
  mean: even(({ image }, c) => channelMean(image, c)),
  zero: even(() => 0),
  black: grey('black', 0),
  grey: grey('grey', 0.5),
  white: grey('white', 1),
  blur: ({ image }) => blurred(image, blurring * Math.min(image.height, image.width)),
} satisfies Record<string, Fill>

export const neutrals = Object.keys(fills) as readonly (keyof typeof fills)[]

/** `mean` of each channel, `zero` in the units of the network's input or any other number of them, the image blurred, or a level of grey. */
export type Neutral = keyof typeof fills | number

/**
 * A neutral image in the units of the network's input, [C, H, W].
 *
 * @throws GradcamError `bad-option` for black, grey and white where the preprocessing is unknown
 */
export const neutralImage = (source: NeutralSource, which: Neutral): Float32Array =>
  (typeof which === 'number' ? even(() => which) : fills[which])(source)
