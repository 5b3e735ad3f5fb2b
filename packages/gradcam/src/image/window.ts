/** @file Levels of deep photos (16 bits, fractions, Hounsfield units) as bytes: a window of them becomes 0 … 255. */
import { warn, type Warning } from '../core/errors.ts'
import { extremes } from '../core/numbers.ts'
import type { DecodedPixels, Pixels } from '../core/pixels.ts'
import type { LevelWindow } from '../model/level-window.ts'

/**
 * Each level v becomes round(255 · (v − low) / (high − low)), cut off at 0 and 255; NaN becomes 0. Alpha stays as it is, and so does a photo
 * of a single level under `auto`, which has no window.
 */
export function windowed({ deep, ...pixels }: DecodedPixels, window: LevelWindow): Pixels {
  const { channels, data: bytes } = pixels
  const levels = deep?.data ?? bytes
  const isAlpha = (i: number): boolean => channels === 4 && i % 4 === 3
  const [low, high] = window === 'auto' ? extremesOf(levels, channels) : window
  if (!(low < high)) return pixels
  const data = Uint8Array.from(bytes)
  for (let i = 0; i < data.length; i++) {
    if (isAlpha(i)) continue
    const share = ((levels[i] as number) - low) / (high - low)
    data[i] = Number.isNaN(share) ? 0 : Math.round(255 * Math.min(1, Math.max(0, share)))
  }
  return { ...pixels, data }
}

/** The darkest and the brightest level of the colours. */
function extremesOf(levels: ArrayLike<number>, channels: number): [low: number, high: number] {
  if (channels !== 4) return extremes(levels)
  return extremes(Array.from({ length: (levels.length / 4) * 3 }, (_, i) => levels[Math.floor(i / 3) * 4 + (i % 3)] as number))
}

// 12 of 16 bits are a sixteenth; photos have more
const narrow = { bytes: 12 / 255, uint16: 0.1 } as const

/** A warning where bytes show next to nothing of a photo's levels. */
export function narrowNotes({ deep, channels, data }: DecodedPixels): Warning[] {
  const [low, high] = extremesOf(deep?.data ?? data, channels)
  if (!(low < high)) return []
  const shown = (level: number): string => String(Number(level.toPrecision(4)))
  const range = `the photo's levels lie in ${shown(low)} … ${shown(high)}`
  const hint = `say which levels are black and white: \`window: 'auto'\` for these, or as in \`window: [${shown(low)}, ${shown(high)}]\``
  if (deep?.type === 'wide') {
    if (low >= 0 && high <= 255 && high - low > 25) return []
    return warn('photo-levels', `${range}, and photos are made of 0 … 255: the rest is cut off`, hint)
  }
  const [share, name] = deep ? [(high - low) / 65_535, '16 bits'] : [(high - low) / 255, '8 bits']
  if (share > (deep ? narrow.uint16 : narrow.bytes)) return []
  return warn(
    'photo-levels',
    `${range}, ${(100 * share).toPrecision(2)} % of what ${name} hold: the network sees next to nothing of it`,
    hint,
  )
}
