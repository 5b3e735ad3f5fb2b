/** @file Superpixels in one piece each: scattered pieces join the neighbour with which they share most border. */
import type { Size } from '../../core/pixels.ts'
import { piecesOf, sides } from '../../image/pieces.ts'
import type { Segmentation } from './grid.ts'

/**
 * Keeps the largest piece of each cluster, if it has `smallest` places or more, and hands every other piece to a neighbour.
 * Labels are counted anew from 0, row by row.
 */
export function connected(clusters: Int32Array, height: number, width: number, count: number, smallest: number): Segmentation {
  const { pieces, sizes, labels: cluster } = piecesOf(clusters, { height, width })
  const largest = new Int32Array(count).fill(-1)
  for (let piece = 0; piece < sizes.length; piece++) {
    const other = largest[cluster[piece] as number] as number
    if (other < 0 || (sizes[piece] as number) > (sizes[other] as number)) largest[cluster[piece] as number] = piece
  }
  // owner of each piece: itself where it is kept, −1 where it is not decided yet
  const owner = Int32Array.from(sizes, (size, piece) => (largest[cluster[piece] as number] === piece && size >= smallest ? piece : -1))
  if (owner.every((piece) => piece < 0)) {
    const largest = sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b), 0))
    owner[largest] = largest
  }
  while (owner.includes(-1)) handOver(pieces, owner, { height, width })
  const names = new Map<number, number>()
  const labels = pieces.map((piece) => {
    const kept = owner[piece] as number
    const name = names.get(kept) ?? names.size
    names.set(kept, name)
    return name
  })
  return { labels, count: names.size }
}

/** Every undecided piece beside a decided one goes to the owner with the longest common border; the first among equals. */
function handOver(pieces: Int32Array, owner: Int32Array, size: Size): void {
  const borders = new Map<number, Map<number, number>>()
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at] as number
    if (owner[piece] !== -1) continue
    for (const side of sides(at, size)) {
      const neighbour = owner[pieces[side] as number] as number
      if (neighbour < 0) continue
      const shared = borders.get(piece) ?? new Map<number, number>()
      shared.set(neighbour, (shared.get(neighbour) ?? 0) + 1)
      borders.set(piece, shared)
    }
  }
  for (const [piece, shared] of borders) {
    let longest = 0
    for (const [neighbour, length] of shared) {
      if (length <= longest) continue
      longest = length
      owner[piece] = neighbour
    }
  }
}
