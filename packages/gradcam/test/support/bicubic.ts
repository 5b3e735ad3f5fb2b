/** @file Keys' bicubic interpolation written plainly in float64, place by place: what the graph's matrix products are compared with. */

/** R. Keys, IEEE Trans. ASSP 1981, equation 4 with a = −1/2. */
function weight(distance: number): number {
  const a = -0.5
  const s = Math.abs(distance)
  if (s <= 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1
  return s < 2 ? a * s ** 3 - 5 * a * s ** 2 + 8 * a * s - 4 * a : 0
}

/** A map [height, width] at another size: half-pixel centres, the border repeated outwards. */
export function bicubic(
  map: ArrayLike<number>,
  from: { height: number; width: number },
  to: { height: number; width: number },
): Float64Array {
  const clamp = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value))
  const out = new Float64Array(to.height * to.width)
  for (let row = 0; row < to.height; row++) {
    const y = ((row + 0.5) * from.height) / to.height - 0.5
    for (let column = 0; column < to.width; column++) {
      const x = ((column + 0.5) * from.width) / to.width - 0.5
      let sum = 0
      for (let i = Math.ceil(y) - 2; i <= Math.floor(y) + 2; i++) {
        for (let j = Math.ceil(x) - 2; j <= Math.floor(x) + 2; j++) {
          const value = map[clamp(i, from.height) * from.width + clamp(j, from.width)] ?? Number.NaN
          sum += weight(y - i) * weight(x - j) * value
        }
      }
      out[row * to.width + column] = sum
    }
  }
  return out
}

/** (M − min)/(max − min) */
export function minmax(map: Float64Array): Float64Array {
  const low = map.reduce((a, b) => Math.min(a, b))
  const range = map.reduce((a, b) => Math.max(a, b)) - low
  return map.map((value) => (value - low) / range)
}
