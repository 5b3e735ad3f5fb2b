/** @file Places of a tensor that a person points at: a mask, a box or a point of the photo, mapped through the preprocessing. */
import { GradcamError } from '../core/errors.ts'
import type { Pixels, Region, Size } from '../core/pixels.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { toGrey } from '../image/convert.ts'
import type { ObjectiveContext } from './context.ts'
import { badTarget } from './refusal.ts'

/** A mask: what is over a half is inside. Of the photo's size, of the network's input, or of the tensor that it selects from. */
export interface Mask {
  width: number
  height: number
  /** Row by row. */
  data: ArrayLike<number>
}

/** White is inside. */
export function maskOfPhoto(photo: Pixels): Mask {
  const { width, height, data } = toGrey(photo)
  return { width, height, data: Float32Array.from(data, (value) => value / 255) }
}

export function maskOfTensor(tensor: Tensor): Mask {
  const [height = 1, width = 1] = tensor.dims.slice(-2)
  return { width, height, data: toFloat32(tensor) }
}

type Surroundings = Pick<ObjectiveContext, 'input' | 'photo' | 'region'>

/** What the network sees, in pixels of the photo; of its input where there is no photo. */
export const regionOf = ({ region, input }: Surroundings): Region => region ?? { x: 0, y: 0, ...input }

/** The place under a point of the photo, as 1 among 0s. */
export function pointPlaces([x, y]: readonly [number, number], places: Size, around: Surroundings): Float32Array {
  const region = regionOf(around)
  const column = Math.floor(((x - region.x) / region.width) * places.width)
  const row = Math.floor(((y - region.y) / region.height) * places.height)
  if (column < 0 || row < 0 || column >= places.width || row >= places.height) throw outside(`the point ${x}, ${y}`, region)
  const chosen = new Float32Array(places.width * places.height)
  chosen[row * places.width + column] = 1
  return chosen
}

/** The places whose centres lie in a box of the photo. */
export function boxPlaces([x1, y1, x2, y2]: readonly [number, number, number, number], places: Size, around: Surroundings): Float32Array {
  const region = regionOf(around)
  const named = `the box ${x1}, ${y1}, ${x2}, ${y2}`
  if (!(x2 > x1 && y2 > y1)) throw badTarget(`${named} is empty`, 'give x1, y1, x2, y2 with x2 > x1 and y2 > y1')
  const chosen = sampled(places, region, (x, y) => (x >= x1 && x <= x2 && y >= y1 && y <= y2 ? 1 : 0))
  if (chosen.includes(1)) return chosen
  const apart = x2 < region.x || y2 < region.y || x1 > region.x + region.width || y1 > region.y + region.height
  if (apart) throw outside(named, region)
  throw new GradcamError('target-absent', `${named} holds no centre of the ${places.width}×${places.height} places`, {
    hint: 'make it larger, or name a point',
  })
}

/** The places whose centres lie where a mask is over a half. */
export function maskPlaces(mask: Mask, places: Size, around: Surroundings): Float32Array {
  const { width, height, data } = mask
  const fits = (size: Size | undefined): boolean => size?.width === width && size.height === height
  // a mask of the photo goes the photo's way; others lie on what the network sees
  const whole = { x: 0, y: 0, width, height }
  const seen = fits(around.photo) ? regionOf(around) : fits(around.input) || fits(places) ? whole : undefined
  if (!seen) {
    const sized = (what: string, size: Size): string => `${size.width}×${size.height} (${what})`
    const sizes = [
      ...(around.photo ? [sized('the photo', around.photo)] : []),
      sized('the input', around.input),
      sized('the scores', places),
    ]
    throw new GradcamError('shape-mismatch', `the mask has ${width}×${height} pixels`, { hint: `give it ${sizes.join(', or ')} pixels` })
  }
  const chosen = sampled(places, seen, (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)]
    if (column < 0 || row < 0 || column >= width || row >= height) return 0
    return (data[row * width + column] as number) > 0.5 ? 1 : 0
  })
  if (chosen.includes(1)) return chosen
  throw new GradcamError('target-absent', 'the mask selects nothing of what the network sees', {
    hint: 'pixels over a half are inside: white in an image, 1 in numbers',
  })
}

/** A value for the centre of every place. */
function sampled({ width, height }: Size, region: Region, at: (x: number, y: number) => number): Float32Array {
  const values = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    const y = region.y + ((row + 0.5) * region.height) / height
    for (let column = 0; column < width; column++) values[row * width + column] = at(region.x + ((column + 0.5) * region.width) / width, y)
  }
  return values
}

function outside(what: string, { x, y, width, height }: Region): GradcamError {
  const text = (value: number): string => String(Number(value.toFixed(1)))
  return new GradcamError('target-absent', `${what} lies outside what the network sees`, {
    hint: `it sees x from ${text(x)} to ${text(x + width)}, y from ${text(y)} to ${text(y + height)}`,
  })
}
