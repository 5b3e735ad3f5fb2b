/** @file How large a photo becomes when it is resized: the roundings of the libraries that networks were trained with. */
import type { Size } from '../core/pixels.ts'
import type { ResizeStep, ResizeTo, Rounding } from '../model/preprocessing.ts'

/** To the nearest whole number; a half to the even one, as Python rounds. */
export function roundEven(value: number): number {
  const low = Math.floor(value)
  const rest = value - low
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1
  return rest < 0.5 ? low : low + 1
}

const round: Readonly<Record<Rounding, (value: number) => number>> = {
  down: Math.trunc,
  nearest: roundEven,
  'half-up': (value) => Math.trunc(value + 0.5),
  up: Math.ceil,
}

/** A size by its shorter and longer side, lying as the photo does. */
const lying = ({ height, width }: Size, shorter: number, longer: number): Size =>
  width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter }

interface Bounded {
  shortest: number
  longest?: number
  rounding?: Rounding
  shrink?: false
}

/** The shorter side to a length. Each branch keeps the order of operations, on which roundings depend. */
function byShorter(photo: Size, { shortest, longest, rounding, shrink }: Bounded): Size {
  const short = Math.min(photo.height, photo.width)
  const long = Math.max(photo.height, photo.width)
  if (shrink === false) {
    // PaddleOCR: grow up to a length, then bound
    const factor = short < shortest ? shortest / short : 1
    const sides = [short, long].map((side) => Math.trunc(side * factor)) as [number, number]
    if (longest === undefined || sides[1] <= longest) return lying(photo, ...sides)
    const bound = longest / sides[1]
    return lying(photo, Math.trunc(sides[0] * bound), Math.trunc(sides[1] * bound))
  }
  if (rounding === 'half-up') {
    // ViLT
    const factor = shortest / short
    const grown = factor * long
    const bound = longest !== undefined && grown > longest ? longest / grown : 1
    return lying(photo, round['half-up'](bound * shortest), round['half-up'](bound * grown))
  }
  if (rounding === 'nearest') {
    const factor = shortest / short
    return lying(photo, roundEven(short * factor), roundEven(long * factor))
  }
  if (longest !== undefined && (long / short) * shortest > longest) {
    // DETR: the shorter side is rounded, the longer one follows from what it was before
    const raw = (longest * short) / long
    const shorter = roundEven(raw)
    if (shorter === short) return photo
    return lying(photo, shorter, Math.trunc((raw * long) / short))
  }
  return lying(photo, shortest, Math.trunc((shortest * long) / short))
}

interface Longest {
  longest: number
  atLeast?: number
  rounding?: Rounding
  grow?: false
}

function byLonger(photo: Size, { longest, atLeast = 1, rounding = 'down', grow }: Longest): Size {
  const short = Math.min(photo.height, photo.width)
  const long = Math.max(photo.height, photo.width)
  const keeps = grow === false && long <= longest
  const longer = keeps ? long : longest
  const shorter = keeps ? short : round[rounding](rounding === 'down' ? longest * (short / long) : short * (longest / long))
  return lying(photo, Math.max(shorter, atLeast), Math.max(longer, atLeast))
}

function inside(photo: Size, box: Size, rounding: Rounding, grow: boolean): Size {
  const factor = Math.min(box.height / photo.height, box.width / photo.width)
  if (grow) return { height: round[rounding](photo.height * factor), width: round[rounding](photo.width * factor) }
  if (factor >= 1) return photo
  const byHeight = box.height / photo.height <= box.width / photo.width
  return {
    height: byHeight ? box.height : round[rounding]((photo.height * box.width) / photo.width),
    width: byHeight ? round[rounding]((photo.width * box.height) / photo.height) : box.width,
  }
}

/** The factor of the side that has to change less, on both. */
function nearest({ height, width }: Size, to: Size): Size {
  const across = to.width / width
  const down = to.height / height
  const factor = Math.abs(1 - across) < Math.abs(1 - down) ? across : down
  return { height: factor * height, width: factor * width }
}

function line({ height, width }: Size, to: { height: number; width: number; longest: number }): Size {
  const ratio = width / height
  const whole = Math.trunc(to.height * Math.max(ratio, to.width / to.height))
  if (whole > to.longest) return { height: to.height, width: to.longest }
  return { height: to.height, width: Math.min(whole, Math.ceil(to.height * ratio)) }
}

function unrounded(photo: Size, to: ResizeTo, input: Partial<Size>): Size {
  if (to === 'photo') return photo
  if (to === 'input') return { height: input.height ?? photo.height, width: input.width ?? photo.width }
  if ('shortest' in to) return byShorter(photo, to)
  if ('longest' in to) return byLonger(photo, to)
  if ('inside' in to) return inside(photo, to.inside, to.rounding ?? 'down', to.grow !== false)
  if ('cover' in to) {
    const ratio = Math.min(photo.height / to.cover.height, photo.width / to.cover.width)
    return { height: roundEven(photo.height / ratio), width: roundEven(photo.width / ratio) }
  }
  if ('nearest' in to) return nearest(photo, to.nearest)
  if ('line' in to) return line(photo, to.line)
  return to
}

/**
 * The size that a resize makes of a photo, at least 1×1.
 *
 * @param input the sides that the network's input has, for `to: 'input'`
 * @example targetSize({ height: 200, width: 320 }, { kind: 'resize', to: { shortest: 100 }, filter: 'bilinear' }, {}) // 100×160
 */
export function targetSize(photo: Size, { to, multiple }: Pick<ResizeStep, 'to' | 'multiple'>, input: Partial<Size>): Size {
  const size = unrounded(photo, to, input)
  const whole = (side: number): number =>
    Math.max(1, Math.trunc(multiple ? Math.max(multiple.of, round[multiple.rounding](side / multiple.of) * multiple.of) : side))
  return { height: whole(size.height), width: whole(size.width) }
}
