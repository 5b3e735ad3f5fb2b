/** @file Fills polygons with exact area coverage: the same letters on every machine, with no system library. */
import type { Pixels } from '../core/pixels.ts'

/** Red, green, blue, 0 … 255 each. */
export type Colour = readonly [number, number, number]

/** A closed polygon: x, y, x, y … in pixels, y downwards. */
export type Contour = readonly number[]

export type Point = readonly [x: number, y: number]

/** Appends points on the quadratic curve from one point to another, with one control point between them; not the first. */
export function quadratic(out: number[], [x0, y0]: Point, [x1, y1]: Point, [x2, y2]: Point): void {
  // the chord's error is an eighth of the second difference over n², kept under a twentieth of a pixel
  const bend = Math.abs(x0 - 2 * x1 + x2) + Math.abs(y0 - 2 * y1 + y2)
  const n = Math.min(32, Math.max(1, Math.ceil(Math.sqrt(bend * 2.5))))
  for (let i = 1; i <= n; i++) {
    const t = i / n
    const s = 1 - t
    out.push(s * s * x0 + 2 * s * t * x1 + t * t * x2, s * s * y0 + 2 * s * t * y1 + t * t * y2)
  }
}

/**
 * Adds one edge to the table of differences: after summing a row from left to right, each cell holds the signed area
 * that lies to the right of the edges.
 */
function addEdge(table: Float64Array, width: number, height: number, x0: number, y0: number, x1: number, y1: number): void {
  if (y0 === y1) return
  const sign = y0 < y1 ? 1 : -1
  const slope = (x1 - x0) / (y1 - y0)
  const top = Math.max(0, Math.min(y0, y1))
  const bottom = Math.min(height, Math.max(y0, y1))
  for (let row = Math.floor(top); row < bottom; row++) {
    const from = Math.max(top, row)
    const to = Math.min(bottom, row + 1)
    const a = x0 + (from - y0) * slope
    const b = x0 + (to - y0) * slope
    const left = Math.max(0, Math.min(a, b))
    const right = Math.min(width, Math.max(a, b))
    const part = sign * (to - from)
    const base = row * (width + 2)
    if (left >= right || left >= width) {
      // upright, or beyond a border: one place
      const x = Math.max(0, Math.min(width, left))
      const cell = Math.floor(x)
      table[base + cell] = (table[base + cell] as number) + part * (1 - (x - cell))
      table[base + cell + 1] = (table[base + cell + 1] as number) + part * (x - cell)
      continue
    }
    for (let cell = Math.floor(left); cell < right; cell++) {
      const l = Math.max(left, cell)
      const r = Math.min(right, cell + 1)
      const share = (part * (r - l)) / (right - left)
      const middle = (l + r) / 2 - cell
      table[base + cell] = (table[base + cell] as number) + share * (1 - middle)
      table[base + cell + 1] = (table[base + cell + 1] as number) + share * middle
    }
  }
}

/** Blends a filled shape into RGB pixels, antialiased. Contours that run the other way are holes; overlaps are filled once. */
export function fillShape(canvas: Pixels, contours: readonly Contour[], colour: Colour): void {
  let [left, top, right, bottom] = [canvas.width, canvas.height, 0, 0]
  for (const contour of contours) {
    for (let i = 0; i < contour.length; i += 2) {
      left = Math.min(left, Math.floor(contour[i] as number))
      right = Math.max(right, Math.ceil(contour[i] as number))
      top = Math.min(top, Math.floor(contour[i + 1] as number))
      bottom = Math.max(bottom, Math.ceil(contour[i + 1] as number))
    }
  }
  left = Math.max(0, left)
  top = Math.max(0, top)
  const width = Math.min(canvas.width, right) - left
  const height = Math.min(canvas.height, bottom) - top
  if (!(width > 0 && height > 0)) return

  const table = new Float64Array((width + 2) * height)
  for (const contour of contours) {
    const n = contour.length
    for (let i = 0; i < n; i += 2) {
      const j = i + 2 < n ? i + 2 : 0
      const [x0, y0, x1, y1] = [contour[i], contour[i + 1], contour[j], contour[j + 1]] as [number, number, number, number]
      addEdge(table, width, height, x0 - left, y0 - top, x1 - left, y1 - top)
    }
  }
  for (let y = 0; y < height; y++) {
    let sum = 0
    for (let x = 0; x < width; x++) {
      sum += table[y * (width + 2) + x] as number
      const cover = Math.min(1, Math.abs(sum))
      if (cover < 1 / 512) continue
      const o = ((top + y) * canvas.width + left + x) * 3
      for (let c = 0; c < 3; c++)
        canvas.data[o + c] = Math.round((canvas.data[o + c] as number) * (1 - cover) + (colour[c] as number) * cover)
    }
  }
}

/** Fills a rectangle, antialiased at fractional edges. */
export function fillRectangle(canvas: Pixels, x: number, y: number, width: number, height: number, colour: Colour): void {
  fillShape(canvas, [[x, y, x + width, y, x + width, y + height, x, y + height]], colour)
}

/** Copies RGB pixels onto RGB pixels at a whole-number place, clipped to the canvas. */
export function paste(canvas: Pixels, image: Pixels, x: number, y: number): void {
  const width = Math.min(image.width, canvas.width - x)
  const height = Math.min(image.height, canvas.height - y)
  for (let row = 0; row < height; row++) {
    const from = row * image.width * 3
    canvas.data.set(image.data.subarray(from, from + width * 3), ((y + row) * canvas.width + x) * 3)
  }
}
