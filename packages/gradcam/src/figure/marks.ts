/** @file Lines over a figure: contours and boxes, light with a dark rim, so that they show on any colour. */
import type { Pixels, Region } from '../core/pixels.ts'
import { type Colour, fillRectangle, fillShape } from '../image/raster.ts'

const light: Colour = [255, 255, 255]
const dark: Colour = [20, 24, 28]

/** The width of a line that suits a figure, in pixels. */
export const lineWidth = ({ width, height }: { width: number; height: number }): number => Math.max(1.5, Math.sqrt(width * height) / 260)

/** Draws line segments x0, y0, x1, y1 (pixels) onto RGB pixels. */
export function drawLines(canvas: Pixels, segments: Float64Array, width = lineWidth(canvas)): void {
  for (const [thickness, colour] of [
    [width * 2, dark],
    [width, light],
  ] as const) {
    for (let i = 0; i + 3 < segments.length; i += 4) {
      const [x0, y0, x1, y1] = segments.subarray(i, i + 4) as unknown as [number, number, number, number]
      const length = Math.hypot(x1 - x0, y1 - y0)
      if (!(length > 0)) continue
      // longer by half a width at both ends: bends close
      const [ux, uy] = [((x1 - x0) / length) * (thickness / 2), ((y1 - y0) / length) * (thickness / 2)]
      const [ax, ay, bx, by] = [x0 - ux, y0 - uy, x1 + ux, y1 + uy]
      fillShape(canvas, [[ax - uy, ay + ux, bx - uy, by + ux, bx + uy, by - ux, ax + uy, ay - ux]], colour)
    }
  }
}

/** Draws the frame of a rectangle of pixels, inside it, onto RGB pixels. */
export function drawBox(canvas: Pixels, { x, y, width, height }: Region, line = lineWidth(canvas)): void {
  const frame = (inset: number, thickness: number, colour: Colour): void => {
    const [left, top, right, bottom] = [x + inset, y + inset, x + width - inset, y + height - inset]
    if (right - left < 2 * thickness || bottom - top < 2 * thickness) return
    fillRectangle(canvas, left, top, right - left, thickness, colour)
    fillRectangle(canvas, left, bottom - thickness, right - left, thickness, colour)
    fillRectangle(canvas, left, top, thickness, bottom - top, colour)
    fillRectangle(canvas, right - thickness, top, thickness, bottom - top, colour)
  }
  frame(0, line * 3, dark)
  frame(line * 0.5, line * 2, light)
}
