/** @file The colours of an image as CIELAB, in which equal distances look equally different. */
import { extremes } from '../../core/numbers.ts'
import type { RunContext } from '../../run/run-context.ts'

/**
 * Planes of L, a and b one after the other, 0 … 100 and about −100 … 100; of L alone for grey images. Rounded to 1/256:
 * the last digits of powers are the engine's own, and superpixels must be the same in all of them.
 */
export function labColours({ image, range }: Pick<RunContext, 'image' | 'range'>): Float32Array {
  const { data, channels, height, width } = image
  const places = height * width
  const level = levels(data, range, places)
  const lab = new Float32Array((channels === 3 ? 3 : 1) * places)
  for (let i = 0; i < places; i++) {
    const [red, green, blue] = channels === 3 ? [level(0, i), level(1, i), level(2, i)] : [level(0, i), level(0, i), level(0, i)]
    const [x, y, z] = whiteRelative(linear(red), linear(green), linear(blue))
    const [fx, fy, fz] = [compressed(x), compressed(y), compressed(z)]
    lab[i] = rounded(116 * fy - 16)
    if (channels !== 3) continue
    lab[places + i] = rounded(500 * (fx - fy))
    lab[2 * places + i] = rounded(200 * (fy - fz))
  }
  return lab
}

const rounded = (value: number): number => Math.round(value * 256) / 256

/** Undoes the preprocessing: black is 0, white 1. Where it is not known, they are the image's own extremes. */
function levels(data: Float32Array, range: RunContext['range'], places: number): (channel: number, place: number) => number {
  const [min, max] = extremes(data)
  return (channel, place) => {
    const low = range?.black[channel] ?? min
    const high = range?.white[channel] ?? max
    const share = high !== low ? ((data[channel * places + place] as number) - low) / (high - low) : 0
    return Math.min(1, Math.max(0, share))
  }
}

/** IEC 61966-2-1: the light that an sRGB level stands for. */
const linear = (level: number): number => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4)

/** CIE XYZ of sRGB's primaries, each divided by that of white (D65). */
const whiteRelative = (red: number, green: number, blue: number): [number, number, number] => [
  (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
  0.2126 * red + 0.7152 * green + 0.0722 * blue,
  (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
]

const kink = 6 / 29

/** CIE 15: the cube root, straight near black. */
const compressed = (t: number): number => (t > kink ** 3 ? Math.cbrt(t) : t / (3 * kink ** 2) + 4 / 29)
