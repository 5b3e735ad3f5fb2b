/** @file Lines over a figure: contours and frames, light with a dark rim, so that they show on any colour. */
import type { Pixels, Region, Size } from '../core/pixels.ts'
import { type Colour, fillRectangle, fillShape } from '../image/raster.ts'

const light: Colour = [255, 255, 255]
const dark: Colour = [20, 24, 28]

/** The width of a line that suits a figure, in pixels. */
export const lineWidth = ({ width, height }: Size): number => Math.max(1.5, Math.sqrt(width * height) / 260)

/** Draws line segments x0, y0, x1, y1 (pixels) onto RGB pixels. */
export function drawLines(canvas: Pixels, segments: ArrayLike<number>, width = lineWidth(canvas)): void {
  stroke(canvas, segments, width * 2, dark)
  stroke(canvas, segments, width, light)
}

function stroke(canvas: Pixels, segments: ArrayLike<number>, thickness: number, colour: Colour): void {
  for (let i = 0; i + 3 < segments.length; i += 4) {
    const [x0, y0, x1, y1] = [segments[i], segments[i + 1], segments[i + 2], segments[i + 3]] as [number, number, number, number]
    const length = Math.hypot(x1 - x0, y1 - y0)
    if (!(length > 0)) continue
    // longer by half a width at both ends: bends close
    const [ux, uy] = [((x1 - x0) / length) * (thickness / 2), ((y1 - y0) / length) * (thickness / 2)]
    const [ax, ay, bx, by] = [x0 - ux, y0 - uy, x1 + ux, y1 + uy]
    fillShape(canvas, [[ax - uy, ay + ux, bx - uy, by + ux, bx + uy, by - ux, ax + uy, ay - ux]], colour)
  }
}

/**
 * The drawn parts of a dashed path.
 *
 * @param path x, y, x, y …
 * @returns segments x0, y0, x1, y1
 */
export function dashes(path: readonly number[], on: number, off: number): number[] {
  const segments: number[] = []
  let along = 0 // from the start of the dash that is being drawn, or was last
  for (let i = 0; i + 3 < path.length; i += 2) {
    const [x0, y0, x1, y1] = path.slice(i, i + 4) as [number, number, number, number]
    const length = Math.hypot(x1 - x0, y1 - y0)
    for (let done = 0; done < length; ) {
      const drawn = along < on
      const step = Math.min(length - done, (drawn ? on : on + off) - along)
      const at = (d: number): [number, number] => [x0 + ((x1 - x0) * d) / length, y0 + ((y1 - y0) * d) / length]
      if (drawn) segments.push(...at(done), ...at(done + step))
      done += step
      along += step
      if (along >= on + off) along = 0
    }
  }
  return segments
}

/** Draws lines of a level below zero: dashed. */
export function drawDashedLines(canvas: Pixels, paths: readonly (readonly number[])[], width = lineWidth(canvas)): void {
  for (const path of paths) drawLines(canvas, dashes(path, width * 5, width * 6), width)
}

/** Draws a thin frame of a rectangle of pixels, inside it, onto RGB pixels: a light line between two dark ones. */
export function drawFrame(canvas: Pixels, region: Region, line = lineWidth(canvas) / 2): void {
  band(canvas, region, 0, line * 3, dark)
  band(canvas, region, line * 0.5, line * 2, light)
}

/** Draws a frame of dashes, light and dark by turns, inside a rectangle of pixels: its corners are light. */
export function drawDashedFrame(canvas: Pixels, region: Region, line = lineWidth(canvas)): void {
  band(canvas, region, 0, line * 3, dark)
  const inset = line * 1.5
  const [left, top, right, bottom] = [region.x + inset, region.y + inset, region.x + region.width - inset, region.y + region.height - inset]
  const corners = [left, top, right, top, right, bottom, left, bottom, left, top]
  for (let i = 0; i + 3 < corners.length; i += 2) {
    const side = corners.slice(i, i + 4) as [number, number, number, number]
    const length = Math.hypot(side[2] - side[0], side[3] - side[1])
    // an odd number of parts: every side begins and ends with a light one
    const part = length / (2 * Math.round(length / (line * 20)) + 1)
    stroke(canvas, dashes(side, part, part), line * 1.5, light)
  }
}

/** Fills the band between two insets of a rectangle; nothing where it is too small for that. */
function band(canvas: Pixels, { x, y, width, height }: Region, inset: number, thickness: number, colour: Colour): void {
  const [left, top, right, bottom] = [x + inset, y + inset, x + width - inset, y + height - inset]
  if (right - left < 2 * thickness || bottom - top < 2 * thickness) return
  fillRectangle(canvas, left, top, right - left, thickness, colour)
  fillRectangle(canvas, left, bottom - thickness, right - left, thickness, colour)
  fillRectangle(canvas, left, top, thickness, bottom - top, colour)
  fillRectangle(canvas, right - thickness, top, thickness, bottom - top, colour)
}
