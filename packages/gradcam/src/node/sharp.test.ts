import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { encodeImage, readImage } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-image-'))
afterAll(() => rmSync(folder, { recursive: true }))

const raw = (width: number, height: number, channels: 1 | 2 | 3 | 4, data: ArrayLike<number>) =>
  sharp(Uint8Array.from(data), { raw: { width, height, channels } })
const noise = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * i * 31 + i * 7) % 256)
const fails = (source: string | Uint8Array, code: string, message?: RegExp | string) =>
  expect(readImage(source)).rejects.toMatchObject({ code, ...(message ? { message: expect.stringMatching(message) } : {}) })

// 2×3, a number in each place, as it should be seen
const upright = [1, 2, 3, 4, 5, 6].flatMap((v) => [v * 40, v * 40, v * 40])
// how the camera stored it under each EXIF orientation: width, then the numbers
const stored: Record<number, [number, number[]]> = {
  1: [2, [1, 2, 3, 4, 5, 6]],
  2: [2, [2, 1, 4, 3, 6, 5]],
  3: [2, [6, 5, 4, 3, 2, 1]],
  4: [2, [5, 6, 3, 4, 1, 2]],
  5: [3, [1, 3, 5, 2, 4, 6]],
  6: [3, [2, 4, 6, 1, 3, 5]],
  7: [3, [6, 4, 2, 5, 3, 1]],
  8: [3, [5, 3, 1, 6, 4, 2]],
}
test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is turned upright', async (orientation) => {
  const [width, places] = stored[orientation] as [number, number[]]
  const picture = raw(
    width,
    6 / width,
    3,
    places.flatMap((v) => [v * 40, v * 40, v * 40]),
  )
  const bytes = await picture.withMetadata({ orientation }).tiff({ compression: 'none' }).toBuffer()
  expect(await readImage(bytes)).toEqual({ width: 2, height: 3, channels: 3, data: Uint8Array.from(upright) })
})

test('JPEG, WebP, GIF, TIFF and AVIF are read, from bytes and from files', async () => {
  for (const format of ['jpeg', 'webp', 'gif', 'tiff', 'avif', 'png'] as const) {
    const bytes = await raw(8, 8, 3, new Array(192).fill(100)).toFormat(format).toBuffer()
    const path = join(folder, `picture.${format}`)
    writeFileSync(path, bytes)
    const pixels = await readImage(path)
    expect([pixels.width, pixels.height, pixels.channels, pixels.data.length], format).toEqual([8, 8, 3, 192])
    expect(
      pixels.data.every((v) => Math.abs(v - 100) < 4),
      format,
    ).toBe(true)
  }
})

test('alpha is composed on white, grey becomes RGB', async () => {
  const rgba = await raw(3, 1, 4, [10, 20, 30, 255, 0, 0, 0, 0, 100, 100, 100, 51]).png().toBuffer()
  expect(Array.from((await readImage(rgba)).data)).toEqual([10, 20, 30, 255, 255, 255, 224, 224, 224])
  const grey = await raw(2, 1, 1, [7, 200]).toColourspace('b-w').png().toBuffer()
  expect(Array.from((await readImage(grey)).data)).toEqual([7, 7, 7, 200, 200, 200])
  const greyAlpha = await raw(2, 1, 2, [7, 255, 7, 0]).toColourspace('b-w').png().toBuffer()
  expect(Array.from((await readImage(greyAlpha)).data)).toEqual([7, 7, 7, 255, 255, 255])
})

test('16-bit values lose their low byte', async () => {
  const values = Uint16Array.from([0, 255, 256, 511, 32768, 65535])
  const colour = await sharp(values, { raw: { width: 2, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
  expect((await sharp(colour).metadata()).depth).toBe('ushort')
  expect(Array.from((await readImage(colour)).data)).toEqual([0, 0, 1, 1, 128, 255])
  const grey = await sharp(values, { raw: { width: 6, height: 1, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  expect((await sharp(grey).metadata()).depth).toBe('ushort')
  expect(Array.from((await readImage(grey)).data).filter((_, i) => i % 3 === 0)).toEqual([0, 0, 1, 1, 128, 255])
})

test('16-bit alpha is composed on white too', async () => {
  const values = Uint16Array.from([0, 0, 0, 0, 65535, 0, 25700, 65535, 0, 0, 0, 13107])
  const png = await sharp(values, { raw: { width: 3, height: 1, channels: 4 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
  expect(await sharp(png).metadata()).toMatchObject({ depth: 'ushort', channels: 4 })
  expect(Array.from((await readImage(png)).data)).toEqual([255, 255, 255, 255, 0, 100, 204, 204, 204])
})

test('CMYK becomes RGB', async () => {
  const red = await raw(
    16,
    16,
    3,
    Array.from({ length: 768 }, (_, i) => (i % 3 === 0 ? 220 : 30)),
  )
    .toColourspace('cmyk')
    .jpeg({ quality: 100 })
    .toBuffer()
  expect((await sharp(red).metadata()).space).toBe('cmyk')
  const { data, channels } = await readImage(red)
  expect(channels).toBe(3)
  expect(data[0]).toBeGreaterThan(180)
  expect(data[1]).toBeLessThan(90)
})

test('the first frame of an animation', async () => {
  const frames = Uint8Array.from([...new Array(48).fill(250), ...new Array(48).fill(5)])
  const gif = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
    .gif({ loop: 0 })
    .toBuffer()
  expect((await sharp(gif).metadata()).pages).toBe(2)
  const { height, data } = await readImage(gif)
  expect([height, data[0]]).toEqual([4, 250])
})

test('what is missing, a folder, empty or no picture is said', async () => {
  await fails(join(folder, 'nothing.jpg'), 'image-missing', 'no such file')
  await fails(folder, 'image-unreadable', 'is a folder')
  await fails('/dev/zero', 'image-unreadable', 'not an ordinary file')
  await fails(new Uint8Array(0), 'image-unreadable', 'is empty')
  const text = (s: string): Uint8Array => new TextEncoder().encode(s)
  await fails(text('<!DOCTYPE html><html>404'), 'image-unreadable', 'a web page')
  await fails(
    text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'image-unreadable',
    'an SVG drawing',
  )
  await fails(text('%PDF-1.7'), 'image-unreadable', 'a PDF')
  await fails(text('version https://git-lfs.github.com/spec/v1'), 'image-unreadable', 'Git LFS')
  await fails(Uint8Array.from(noise(999)), 'image-unreadable', 'not an image')
})

test('damaged and truncated pictures are refused', async () => {
  const source = raw(64, 64, 3, noise(64 * 64 * 3))
  for (const format of ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const) {
    const whole = new Uint8Array(await source.clone().toFormat(format).toBuffer())
    for (const share of [0.9, 0.5, 0.02]) await fails(whole.subarray(0, Math.max(13, Math.floor(whole.length * share))), 'image-unreadable')
  }
  const png = new Uint8Array(await source.png().toBuffer())
  png.fill(0x55, 200, 400)
  await fails(png, 'image-unreadable', 'damaged')
})

test('a bomb is refused by its header', async () => {
  const bomb = await sharp({ create: { width: 12000, height: 12000, channels: 3, background: 'red' }, limitInputPixels: false })
    .png({ compressionLevel: 9 })
    .toBuffer()
  const start = performance.now()
  await expect(readImage(bomb)).rejects.toMatchObject({
    code: 'image-too-large',
    message: expect.stringContaining('12000×12000'),
    hint: expect.stringContaining('maxPixels'),
  })
  expect(performance.now() - start).toBeLessThan(500)
  const small = await raw(4, 4, 3, noise(48)).png().toBuffer()
  await expect(readImage(small, { maxPixels: 15 })).rejects.toMatchObject({ code: 'image-too-large' })
  await expect(readImage(small, { maxPixels: 16 })).resolves.toMatchObject({ width: 4 })
}, 20_000)

test('pixels survive PNG exactly, JPEG and WebP nearly', async () => {
  const pixels = { width: 16, height: 4, channels: 3 as const, data: Uint8Array.from({ length: 192 }, (_, i) => i) }
  expect(await readImage(await encodeImage(pixels, 'png'))).toEqual(pixels)
  for (const format of ['jpeg', 'webp'] as const) {
    const { data } = await readImage(await encodeImage(pixels, format))
    expect(Math.max(...data.map((v, i) => Math.abs(v - i)))).toBeLessThan(24)
  }
  await expect(encodeImage(pixels, 'bmp' as 'png')).rejects.toMatchObject({ code: 'bad-option' })
})
