/** @file Where the windows of an occlusion lie along one axis. */

/** Pixels from `start` up to, not including, `end`. */
export interface Span {
  start: number
  end: number
}

export const borders = ['clip', 'inside', 'centred'] as const
export type Border = (typeof borders)[number]

/**
 * Windows along an axis of `length` pixels.
 *
 * `clip`: from 0 in steps of `stride` until the end is covered, the last one cut off there. `inside`: only those that lie
 * inside as a whole. `centred`: their centres from 0 in steps of `stride`, cut off at both ends.
 */
export function windowsAlong(length: number, patch: number, stride: number, border: Border): Span[] {
  const count =
    border === 'centred'
      ? Math.ceil(length / stride)
      : border === 'inside'
        ? Math.floor((length - patch) / stride) + 1
        : Math.ceil(Math.max(0, length - patch) / stride) + 1
  const before = border === 'centred' ? Math.floor(patch / 2) : 0
  return Array.from({ length: count }, (_, k): Span => {
    const start = k * stride - before
    return { start: Math.max(0, start), end: Math.min(length, start + patch) }
  }).filter(({ start, end }) => start < end)
}
