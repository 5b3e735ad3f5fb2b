import { expect, test } from 'vitest'
import { encodeImage, readImage } from '../node/index.ts'
import { readPngText } from '../../test/support/png-text.ts'
import { crc32, withPngText } from './png-text.ts'

const pixel = { width: 1, height: 1, channels: 3, data: new Uint8Array([1, 2, 3]) } as const

test('CRC-32 of the check string', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
})

test('text survives, and the image with it', async () => {
  const text = { Software: 'gradcam 0.1.0', Title: 'Ωmega 漢字 😀', Description: 'x'.repeat(70000), Comment: '' }
  const png = await encodeImage(pixel, 'png', text)
  expect(readPngText(png)).toEqual(text)
  expect(await readImage(png)).toEqual({ ...pixel })
})

test('forbidden keywords and other bytes are refused', async () => {
  const png = await encodeImage(pixel, 'png')
  expect(readPngText(png)).toEqual({})
  for (const keyword of ['', ' a', 'a ', 'a  b', 'ä', 'a\0b', 'k'.repeat(80)]) {
    expect(() => withPngText(png, { [keyword]: 'x' })).toThrow(expect.objectContaining({ code: 'bad-option' }))
  }
  expect(() => withPngText(new Uint8Array(100), {})).toThrow('not a PNG')
  expect(readPngText(withPngText(png, { Title: 'a\0b' }))).toEqual({ Title: 'ab' })
})

test('reading stops at damage', async () => {
  const png = withPngText(await encodeImage(pixel, 'png'), { Title: 'hello' })
  const damaged = Uint8Array.from(png)
  damaged[50] = (damaged[50] as number) ^ 1
  expect(readPngText(damaged)).toEqual({})
  expect(readPngText(png.subarray(0, 40))).toEqual({})
})
