import { expect, test } from 'vitest'
import { dashed, optionNamed, setting } from './options.ts'

test('options of the library are spelt with dashes on the command line, and by their own names as well', () => {
  expect(setting('channel-count=5')).toEqual(['channelCount', '5'])
  expect(setting(' patchPixels = -0.5-a ')).toEqual(['patchPixels', '-0.5-a'])
  for (const name of ['channelCount', 'samples', 'kernelWidth']) expect(optionNamed(dashed(name))).toBe(name)
})
