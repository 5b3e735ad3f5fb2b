/** @file What becomes of a pixel's levels 0 … 255 before they are fed. */
import type { Preprocessing } from '../model/preprocessing.ts'

/** (level · scale − mean) / std; one number serves all channels, an empty list is none. */
export type Values = Pick<Preprocessing, 'scale' | 'mean' | 'std'>

/** The value of a level in a channel. */
export const levelWith = ({ scale, mean, std }: Values, level: number, channel: number): number =>
  (level * scale - (mean[channel] ?? mean[0] ?? 0)) / (std[channel] ?? std[0] ?? 1)

/** Whether two make nearly the same values of all levels. */
export function sameValues(a: Values, b: Values): boolean {
  const spread = Math.abs(levelWith(b, 255, 0) - levelWith(b, 0, 0))
  return [0, 128, 255].every((level) =>
    [0, 1, 2].every((channel) => Math.abs(levelWith(a, level, channel) - levelWith(b, level, channel)) <= 0.02 * spread),
  )
}

/** What black and white become in the first channel, as text. */
export function rangeText(values: Values): string {
  const at = (level: number): string =>
    levelWith(values, level, 0)
      .toFixed(2)
      .replace(/\.?0+$/, '')
  return `${at(0)} … ${at(255)}`
}

/** The same in words: ImageNet's mean and deviation by name. */
export const valuesText = (values: Values): string =>
  values.mean.length === 3 && values.std.length === 3 && Math.abs((values.mean[0] ?? 0) - 0.485) < 1e-3
    ? "ImageNet's mean and deviation"
    : rangeText(values)
