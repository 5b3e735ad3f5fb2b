/** @file Interpolation along one axis as a matrix, with half-pixel centres by default, the border repeated. */

export type Upsampling = 'bicubic' | 'bilinear' | 'nearest'

/** Where the grids lie on each other: `half-pixel`, their outer borders; `align`, the centres of their corner pixels. */
export type Corners = 'half-pixel' | 'align'

/** Keys' cubic with a = −0.5 (IEEE Trans. ASSP 1981): the one that reproduces quadratics; MATLAB's and Pillow's. */
export function cubic(x: number): number {
  const d = Math.abs(x)
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0
}

/** Weights [to, from], row by row; the weights of each row sum to 1. */
export function interpolation(from: number, to: number, mode: Upsampling, corners: Corners = 'half-pixel'): Float32Array {
  const matrix = new Float32Array(to * from)
  const inside = (place: number): number => Math.min(Math.max(place, 0), from - 1)
  for (let row = 0; row < to; row++) {
    const centre = corners === 'align' ? (row * (from - 1)) / Math.max(to - 1, 1) : ((row + 0.5) * from) / to - 0.5
    const add = (place: number, weight: number): void => {
      const at = row * from + inside(place)
      matrix[at] = (matrix[at] ?? 0) + weight
    }
    const base = Math.floor(centre)
    const rest = centre - base
    if (mode === 'nearest') add(Math.floor(((row + 0.5) * from) / to), 1)
    else if (mode === 'bilinear') {
      add(base, 1 - rest)
      add(base + 1, rest)
    } else for (let tap = -1; tap <= 2; tap++) add(base + tap, cubic(rest - tap))
  }
  return matrix
}
