/** @file Places of a map that hang together, side by side, and the boxes around them. */
import type { Size } from '../core/pixels.ts'

/** The places beside a place: left, right, above, below. */
export function sides(at: number, { height, width }: Size): number[] {
  const [row, column] = [Math.floor(at / width), at % width]
  const found: number[] = []
  if (column > 0) found.push(at - 1)
  if (column < width - 1) found.push(at + 1)
  if (row > 0) found.push(at - width)
  if (row < height - 1) found.push(at + width)
  return found
}

export interface Pieces {
  /** The number of its piece for each place; pieces are counted by their first places, row by row. */
  pieces: Int32Array
  /** By piece: how many places it has, and their label. */
  sizes: number[]
  labels: number[]
}

/** Places that hang together and have the same label. */
export function piecesOf(labelled: Int32Array | Uint8Array, size: Size): Pieces {
  const found: Pieces = { pieces: new Int32Array(labelled.length).fill(-1), sizes: [], labels: [] }
  const { pieces, sizes, labels } = found
  const { width } = size
  const open = new Int32Array(labelled.length)
  let [end, piece, label] = [0, 0, 0]
  const take = (at: number): void => {
    if (pieces[at] !== -1 || labelled[at] !== label) return
    pieces[at] = piece
    open[end++] = at
  }
  for (let first = 0; first < labelled.length; first++) {
    if (pieces[first] !== -1) continue
    end = 0
    piece = sizes.length
    label = labelled[first] as number
    take(first)
    for (let next = 0; next < end; next++) {
      const at = open[next] as number
      const column = at % width
      if (column > 0) take(at - 1)
      if (column < width - 1) take(at + 1)
      if (at >= width) take(at - width)
      if (at + width < labelled.length) take(at + width)
    }
    sizes.push(end)
    labels.push(label)
  }
  return found
}

/** Right and bottom lie outside. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** The tight box around the places of each label from 0 to `count` − 1. */
export function boxesOf(labels: Int32Array, width: number, count: number): Box[] {
  const boxes = Array.from({ length: count }, (): Box => ({ left: width, top: labels.length, right: 0, bottom: 0 }))
  for (let at = 0, row = 0; at < labels.length; row++) {
    for (let column = 0; column < width; column++, at++) {
      const box = boxes[labels[at] as number] as Box
      if (column < box.left) box.left = column
      if (row < box.top) box.top = row
      if (column >= box.right) box.right = column + 1
      if (row >= box.bottom) box.bottom = row + 1
    }
  }
  return boxes
}
