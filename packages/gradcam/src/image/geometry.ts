/** @file The steps of a preprocessing on a photo: resize, crop, pad; and which part of the photo is left. */
import { GradcamError } from '../core/errors.ts'
import type { Pixels, Region, Size } from '../core/pixels.ts'
import { type CropStep, largestSide, type PadStep, type ResizeStep, type Step } from '../model/preprocessing.ts'
import { darkPart } from './dark-part.ts'
import { cut, framed, type Levels, mirrored } from './levels.ts'
import { reduced } from './reduce.ts'
import { resizeOpenCv } from './opencv-linear.ts'
import { isPointFilter, resizeBytes16, resizeLevels } from './resize-levels.ts'
import { resize } from './resize.ts'
import { targetSize } from './target-size.ts'

/** A picture that became of a photo. */
export interface Placed {
  picture: Levels
  /** What the picture shows, in photo pixels. */
  region: Region
  /** Where padding is filled with a value of the network's: the picture inside the frame. */
  frame: { region: Region; value: number } | undefined
}

const largest = 100_000_000

function tooLarge({ width, height }: Size): GradcamError {
  return new GradcamError('image-too-large', `preprocessing would make ${width}×${height} pixels of this photo`, {
    hint: 'crop the photo to a less extreme shape',
  })
}

function checkSize(size: Size): void {
  if (size.width * size.height > largest || Math.max(size.width, size.height) > largestSide * 4) throw tooLarge(size)
}

/** The part that a centre crop keeps; negative where the crop is larger. */
export function cropOf(size: Size, { to, odd = 'floor' }: CropStep): Region {
  const middle = (length: number, part: number): number => {
    const half = (length - part) / 2
    if (odd === 'floor') return Math.floor(half)
    if (odd === 'truncate' || half < 0) return Math.trunc(half)
    return half % 1 === 0.5 && Math.floor(half) % 2 === 1 ? Math.ceil(half) : Math.floor(half)
  }
  const { height, width } = cropSize(size, to)
  return { x: middle(size.width, width), y: middle(size.height, height), width, height }
}

function cropSize(size: Size, to: CropStep['to']): Size {
  if ('height' in to) return to
  if ('darkerThan' in to) return size
  const short = Math.min(size.height, size.width)
  const [whole, part] = 'ofShorter' in to ? [{ height: short, width: short }, to.ofShorter] : [size, to.share]
  return { height: Math.max(1, Math.trunc(part.height * whole.height)), width: Math.max(1, Math.trunc(part.width * whole.width)) }
}

/** Whether a region lies inside a picture of this size. */
const fits = (size: Size, { x, y, width, height }: Region): boolean =>
  x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height

/** What of a region lies inside. */
function visible(size: Size, region: Region): Region {
  const x = Math.max(0, region.x)
  const y = Math.max(0, region.y)
  return {
    x,
    y,
    width: Math.max(0, Math.min(size.width, region.x + region.width) - x),
    height: Math.max(0, Math.min(size.height, region.y + region.height) - y),
  }
}

/** What a part of the picture shows; beyond the picture, too. */
function shown({ picture, region }: Placed, part: Region): Region {
  return {
    x: region.x + (part.x * region.width) / picture.width,
    y: region.y + (part.y * region.height) / picture.height,
    width: (part.width * region.width) / picture.width,
    height: (part.height * region.height) / picture.height,
  }
}

/** A part of the picture, with black where it reaches beyond. */
function cropped(placed: Placed, region: Region): Placed {
  const { picture } = placed
  const part = visible(picture, region)
  const inner = cut(picture, part)
  const frame = { x: part.x - region.x, y: part.y - region.y, width: region.width, height: region.height }
  return { ...placed, region: shown(placed, region), picture: fits(picture, region) ? inner : framed(inner, frame, [0]) }
}

/** The whole factors by which a picture is shrunk before it is resized; undefined where it is not. */
function factorOf(from: Size, to: Size, gap: number | undefined): Size | undefined {
  if (gap === undefined) return undefined
  const whole = (side: number, wanted: number): number => Math.max(1, Math.trunc(side / wanted / gap))
  const factor = { width: whole(from.width, to.width), height: whole(from.height, to.height) }
  return factor.width > 1 || factor.height > 1 ? factor : undefined
}

/** The picture resized; of a crop that follows, only what it keeps is computed. */
function resized(placed: Placed, step: ResizeStep, next: Step | undefined, input: Partial<Size>): [Placed, usedNext: boolean] {
  const { picture } = placed
  const { filter } = step
  const size = targetSize(picture, step, input)
  const whole: Region = { x: 0, y: 0, ...size }
  const crop = next?.kind === 'crop' && !('darkerThan' in next.to) ? cropOf(size, next) : whole
  checkSize(crop)
  const part = visible(size, crop)
  checkSize({ width: part.width, height: picture.height }) // between the two passes
  const same = size.width === picture.width && size.height === picture.height
  let made: Levels
  if (same) made = cut(picture, part)
  else if (step.torchvision && !(picture.data instanceof Float32Array))
    made = resizeBytes16({ ...picture, data: picture.data }, size.width, size.height, filter, part)
  else if (filter === 'opencv-linear' && !step.fractional && !(picture.data instanceof Float32Array))
    made = resizeOpenCv(picture, size.width, size.height, part)
  else if (step.fractional || isPointFilter(filter) || picture.data instanceof Float32Array) {
    const levels = resizeLevels(picture, size.width, size.height, filter, part)
    made = step.fractional ? levels : { ...levels, data: new Uint8ClampedArray(levels.data) }
  } else {
    const factor = factorOf(picture, size, filter === 'nearest' ? undefined : step.reducingGap)
    const small = factor ? reduced(picture, factor) : picture
    const extent = factor && { width: picture.width / factor.width, height: picture.height / factor.height }
    made = resize(small as Levels & Pixels, size.width, size.height, filter, part, extent) as Levels
  }
  // as if the whole had been resized, and the part cut out of it
  const kept: Placed = { ...placed, region: shown({ ...placed, picture: { ...picture, ...size } }, part), picture: made }
  const used = crop !== whole
  return [cropped(kept, { x: crop.x - part.x, y: crop.y - part.y, width: crop.width, height: crop.height }), used]
}

function padded(placed: Placed, { to, place, fill }: PadStep): Placed {
  const { picture } = placed
  const frame = frameOf(picture, to)
  checkSize(frame)
  const at = (more: number): number => (place === 'start' ? 0 : Math.floor(more / 2))
  const [x, y] = [at(frame.width - picture.width), at(frame.height - picture.height)]
  const region: Region = { x, y, width: frame.width, height: frame.height }
  const outside = { region: shown(placed, { ...region, x: -x, y: -y }) }
  if (typeof fill === 'string') return { ...placed, ...outside, picture: mirrored(picture, region, fill) }
  if (!('value' in fill)) return { ...placed, ...outside, picture: framed(picture, region, levelsFor(picture, fill)) }
  return { ...placed, ...outside, frame: { region, value: fill.value } }
}

/** A colour as the picture has its channels: grey pictures get its luminance. */
function levelsFor({ channels }: Levels, fill: readonly number[]): readonly number[] {
  if (channels === 3 || fill.length === 1) return fill
  const [r = 0, g = 0, b = 0] = fill
  return [Math.round(0.299 * r + 0.587 * g + 0.114 * b)]
}

/** At least as large as the picture. */
function frameOf({ width, height }: Size, to: PadStep['to']): Size {
  if (to === 'square') return { width: Math.max(width, height), height: Math.max(width, height) }
  if ('multiple' in to) {
    const whole = (side: number): number => (to.more ? Math.floor(side / to.multiple) + 1 : Math.ceil(side / to.multiple)) * to.multiple
    return { width: whole(width), height: whole(height) }
  }
  if ('rootMargin' in to) {
    const wider = (side: number): number => side + 2 * Math.trunc(Math.sqrt(side / 2) * to.rootMargin)
    return { width: wider(width), height: wider(height) }
  }
  return { width: Math.max(width, to.width), height: Math.max(height, to.height) }
}

/** Every step in turn. */
export function stepped(photo: Levels, steps: readonly Step[], input: Partial<Size>): Placed {
  let placed: Placed = { picture: photo, region: { x: 0, y: 0, width: photo.width, height: photo.height }, frame: undefined }
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step
    if (placed.frame) {
      throw new GradcamError('model-invalid', `preprocessing: step ${i + 1} comes after padding with a value`, {
        hint: 'pad with a value in the last step, or give `fill` as levels',
      })
    }
    if (step.kind === 'pad') placed = padded(placed, step)
    else if (step.kind === 'crop')
      placed = cropped(placed, 'darkerThan' in step.to ? darkPart(placed.picture, step.to.darkerThan) : cropOf(placed.picture, step))
    else {
      const [next, used] = resized(placed, step, steps[i + 1], input)
      placed = next
      if (used) i++
    }
  }
  return placed
}
