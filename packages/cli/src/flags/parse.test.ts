/** @file Words behind flags. */
import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { camel, kebab } from './case.ts'
import { setting, size } from './parse.ts'

test('options of the library are spelt with dashes on the command line, and by their own names as well', () => {
  expect(setting('channel-count=5')).toEqual(['channelCount', '5'])
  expect(setting(' patchPixels = -0.5-a ')).toEqual(['patchPixels', '-0.5-a'])
  for (const name of ['channelCount', 'samples', 'kernelWidth']) expect(camel(kebab(name))).toBe(name)
})

test('sizes', () => {
  expect([size('448'), size('640x480'), size(' 2×3 ')]).toEqual([448, { width: 640, height: 480 }, { width: 2, height: 3 }])
  for (const text of ['', '0', '1x0', 'x', '1.5', '-3', '2x', '1e3']) expect(() => size(text)).toThrow(InvalidArgumentError)
})
