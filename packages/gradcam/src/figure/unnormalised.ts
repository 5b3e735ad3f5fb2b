/** @file A map as it was before it was normalised, for scales that several maps share. */
import { product } from '../core/numbers.ts'
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
  const columns = product(across, data, width) // [W, h]
  return { width: map.width, height: map.height, data: Float32Array.from(product(down, columns, height)) }
}
