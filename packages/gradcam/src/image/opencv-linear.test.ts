/** @file Tests of opencv-linear.ts against OpenCV 5, every byte (scripts/golden/opencv.py). */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Levels } from './levels.ts'
import { resizeOpenCv } from './opencv-linear.ts'

type Case = [width: number, height: number, toWidth: number, toHeight: number, bytes: number[]]
const cases = JSON.parse(readFileSync(new URL('../../test/fixtures/opencv.json', import.meta.url), 'utf8')) as Case[]

function picture(width: number, height: number): Levels {
  const data = new Uint8Array(3 * width * height)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) data[i++] = (x * 37 + y * 91 + c * 53 + x * y * 7) % 256
  return { width, height, channels: 3, data }
}

test.each(cases)('%i×%i to %i×%i equals OpenCV, every byte', (width, height, toWidth, toHeight, bytes) => {
  const whole = resizeOpenCv(picture(width, height), toWidth, toHeight, { x: 0, y: 0, width: toWidth, height: toHeight })
  expect(Array.from(whole.data)).toEqual(bytes)
  const part = { x: 1, y: 2, width: 2, height: 2 }
  const own = resizeOpenCv(picture(width, height), toWidth, toHeight, part)
  const row = (y: number): number[] => bytes.slice(3 * (y * toWidth + part.x), 3 * (y * toWidth + part.x + part.width))
  expect(Array.from(own.data)).toEqual([...row(2), ...row(3)])
})
