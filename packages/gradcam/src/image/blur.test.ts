/** @file A blur keeps what is even, and spreads one pixel as a Gaussian. */
import { expect, test } from 'vitest'
import { blurred, channelMean } from './blur.ts'

test('an even image stays as it is, each channel by itself', () => {
  const data = Float32Array.from({ length: 2 * 5 * 7 }, (_, i) => (i < 35 ? 3 : -1))
  const image = { data, channels: 2, height: 5, width: 7 }
  blurred(image, 2).forEach((value, i) => expect(value).toBeCloseTo(data[i] as number, 6))
  expect([channelMean(image, 0), channelMean(image, 1)]).toEqual([3, -1])
})

test('a pixel far from the border becomes exp(−d²/2σ²), with the same sum', () => {
  const [side, sigma] = [21, 1.5]
  const data = new Float32Array(side * side)
  data[10 * side + 10] = 1
  const spread = blurred({ data, channels: 1, height: side, width: side }, sigma)
  expect(spread.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6)
  const middle = spread[10 * side + 10] as number
  for (const [row, column] of [
    [1, 0],
    [0, 3],
    [2, 2],
  ] as const)
    expect((spread[(10 + row) * side + 10 + column] as number) / middle).toBeCloseTo(
      Math.exp(-(row ** 2 + column ** 2) / (2 * sigma ** 2)),
      5,
    )
})
