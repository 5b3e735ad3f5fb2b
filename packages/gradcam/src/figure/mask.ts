/** @file A map as a yes or no for every pixel of the photo. */
import { type Ground, thresholdOf, usualShare } from '../image/component.ts'
import type { Grid, Pixels } from '../core/pixels.ts'
import { eachRow } from '../image/sampling.ts'

/**
 * White where the map, interpolated as in `overlay`, lies over a share of its maximum; black elsewhere, and outside the region.
 *
 * @returns one channel, as large as the photo, 0 or 255
 * @example maskOf(map, { photo, region: { x: 0, y: 0, width: photo.width, height: photo.height } })
 */
export function maskOf(map: Grid, { photo, region }: Ground, share = usualShare): Pixels {
  const { width, height } = photo
  const data = new Uint8Array(width * height)
  const threshold = thresholdOf(map, share)
  if (threshold !== undefined) {
    eachRow(map, photo, region, (values, x, y) => {
      for (let i = 0; i < values.length; i++) if ((values[i] as number) > threshold) data[y * width + x + i] = 255
    })
  }
  return { width, height, channels: 1, data }
}
