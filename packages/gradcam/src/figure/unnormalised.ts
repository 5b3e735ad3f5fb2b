/** @file A map as it was before it was normalised, for scales that several maps share. */
import type { Grid } from '../core/pixels.ts'
import { interpolation } from '../image/interpolation.ts'
import type { PostProcessing } from '../method/post.ts'

/** The map before it was normalised, made of the raw one by the same steps. */
export function unnormalised({ map, raw, settings }: { map: Grid; raw: Grid; settings: PostProcessing }): Grid {
  const { activation, upsample, normalize } = settings
  if (normalize === 'none') return map
  const { width, height } = raw
  const data = raw.data.map((value) => (activation === 'relu' ? Math.max(0, value) : activation === 'abs' ? Math.abs(value) : value))
  if (upsample === 'none' || (map.width === width && map.height === height)) return { width, height, data }
  const across = interpolation(width, map.width, upsample) // [W, w]
  const down = interpolation(height, map.height, upsample) // [H, h]
  const rows = product(data, height, width, across, map.width)
  const out = new Float32Array(map.width * map.height)
  for (let y = 0; y < map.height; y++) {
    for (let from = 0; from < height; from++) {
      const weight = down[y * height + from] as number
      if (weight === 0) continue
      for (let x = 0; x < map.width; x++)
        out[y * map.width + x] = (out[y * map.width + x] as number) + weight * (rows[from * map.width + x] as number)
    }
  }
  return { width: map.width, height: map.height, data: out }
}

/** [h, w] · [W, w]ᵀ = [h, W]. */
function product(data: Float32Array, height: number, width: number, weights: Float32Array, to: number): Float32Array {
  const out = new Float32Array(height * to)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < to; x++) {
      let sum = 0
      for (let k = 0; k < width; k++) sum += (weights[x * width + k] as number) * (data[y * width + k] as number)
      out[y * to + x] = sum
    }
  return out
}
