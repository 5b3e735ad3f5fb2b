/** @file Pictures of letters on a figure: scaled by areas, in the colour of the text unless they have colours of their own. */
import type { Pixels } from '../core/pixels.ts'
import type { Colour } from '../image/raster.ts'

/** Letters as the host drew them, RGBA. */
export interface LetterPicture {
  pixels: Pixels
  /** First and last column with ink. The text begins at column `size`. */
  left: number
  right: number
  /** Of the letters, in pixels. */
  size: number
  /** Row of the baseline. */
  baseline: number
}

/** Where a picture has ink. */
export interface Ink {
  pixels: Pixels
  left: number
  right: number
  top: number
  bottom: number
}

/** The box of what is not transparent; `right` below `left` where all is. */
export function inkOf(pixels: Pixels): Ink {
  const { width, height, data } = pixels
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x) + 3] === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  return { pixels, left, right, top, bottom }
}

/** Width of the text in em: its ink, and as much after it as before. */
export function advanceOf({ left, right, size }: LetterPicture): number {
  const before = Math.max(0.04 * size, left - size)
  return (right + 1 - size + before) / size
}

/** Draws a picture so that its text begins at x and stands on the baseline y, with letters of `size` pixels. */
export function drawPicture(
  canvas: Pixels,
  picture: LetterPicture,
  { x, y, size, colour }: { x: number; y: number; size: number; colour: Colour },
): void {
  const { pixels } = picture
  const scale = picture.size / size
  const originX = x - picture.size / scale
  const originY = y - picture.baseline / scale
  const tinted = isBlack(pixels)
  const [firstRow, lastRow] = [Math.max(0, Math.floor(originY)), Math.min(canvas.height - 1, Math.ceil(originY + pixels.height / scale))]
  const [first, last] = [Math.max(0, Math.floor(originX)), Math.min(canvas.width - 1, Math.ceil(originX + pixels.width / scale))]
  for (let row = firstRow; row <= lastRow; row++)
    for (let column = first; column <= last; column++) {
      const [red, green, blue, alpha] = meanOf(pixels, (column - originX) * scale, (row - originY) * scale, scale)
      if (alpha === 0) continue
      const over = tinted ? colour : ([red, green, blue] as const)
      const at = (row * canvas.width + column) * canvas.channels
      for (let c = 0; c < 3; c++)
        canvas.data[at + c] = Math.round((canvas.data[at + c] as number) * (1 - alpha) + (over[c] as number) * alpha)
    }
}

/** Mean colour and opacity of the square at (x, y), its borders counted by the parts that lie inside. */
function meanOf(
  { data, width, height }: Pixels,
  x: number,
  y: number,
  side: number,
): [red: number, green: number, blue: number, alpha: number] {
  let [red, green, blue, alpha] = [0, 0, 0, 0]
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(height, y + side); row++) {
    const high = Math.min(row + 1, y + side) - Math.max(row, y)
    for (let column = Math.max(0, Math.floor(x)); column < Math.min(width, x + side); column++) {
      const at = 4 * (row * width + column)
      const weight = ((data[at + 3] as number) / 255) * high * (Math.min(column + 1, x + side) - Math.max(column, x))
      red += weight * (data[at] as number)
      green += weight * (data[at + 1] as number)
      blue += weight * (data[at + 2] as number)
      alpha += weight
    }
  }
  return alpha === 0 ? [0, 0, 0, 0] : [red / alpha, green / alpha, blue / alpha, Math.min(1, alpha / (side * side))]
}

function isBlack({ data }: Pixels): boolean {
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255 && ((data[at] as number) > 8 || (data[at + 1] as number) > 8 || (data[at + 2] as number) > 8)) return false
  return true
}
