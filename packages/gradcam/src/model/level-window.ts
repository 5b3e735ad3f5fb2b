/** @file Which levels of a photo's file become black and white. */
import { badOption } from '../core/errors.ts'

/** The levels that become 0 and 255, in the file's own numbers; `auto`: the photo's darkest and brightest. */
export type LevelWindow = 'auto' | readonly [low: number, high: number]

/** @throws GradcamError `bad-option` for what is no window */
export function checkWindow(window: unknown): LevelWindow {
  if (window === 'auto') return window
  const [low, high, ...more] = Array.isArray(window) ? (window as unknown[]) : []
  if (
    typeof low === 'number' &&
    typeof high === 'number' &&
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    low < high &&
    more.length === 0
  )
    return [low, high]
  throw badOption(
    `\`window\` is ${JSON.stringify(window)}`,
    "`window` is 'auto', or the levels that become black and white, as in [0, 4095]",
  )
}
