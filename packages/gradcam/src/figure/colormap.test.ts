import { expect, test } from 'vitest'
import { colormap, colormapNames } from './colormap.ts'

const row = (name: string, i: number): number[] => Array.from(colormap(name).subarray(i * 3, i * 3 + 3))
const bytes = (...parts: number[]): number[] => parts.map((part) => Math.round(part * 255))

test("jet equals MATLAB's jet(256)", () => {
  // rows 1, 32, 33, 96, 128, 160, 192, 193, 256 as MATLAB counts
  expect(row('jet', 0)).toEqual(bytes(0, 0, 0.515625))
  expect(row('jet', 31)).toEqual(bytes(0, 0, 1))
  expect(row('jet', 32)).toEqual(bytes(0, 0.015625, 1))
  expect(row('jet', 95)).toEqual(bytes(0, 1, 1))
  expect(row('jet', 127)).toEqual(bytes(0.5, 1, 0.5))
  expect(row('jet', 159)).toEqual(bytes(1, 1, 0))
  expect(row('jet', 160)).toEqual(bytes(1, 0.984375, 0))
  expect(row('jet', 223)).toEqual(bytes(1, 0, 0))
  expect(row('jet', 255)).toEqual(bytes(0.5, 0, 0))
})

test('the others end where they should', () => {
  expect([row('viridis', 0), row('viridis', 255)]).toEqual([
    [0x44, 0x01, 0x54],
    [0xfd, 0xe7, 0x25],
  ])
  expect([row('inferno', 0), row('inferno', 255)]).toEqual([
    [0, 0, 4],
    [252, 255, 164],
  ])
  expect([row('grey', 0), row('grey', 100), row('grey', 255)]).toEqual([
    [0, 0, 0],
    [100, 100, 100],
    [255, 255, 255],
  ])
  expect(row('turbo', 128)[1]).toBeGreaterThan(200)
  for (const name of colormapNames)
    expect(new Set(Array.from({ length: 256 }, (_, i) => row(name, i).join())).size, name).toBeGreaterThan(200)
  expect(colormapNames[0]).toBe('jet')
})

test('an unknown name is refused with the nearest', () => {
  expect(() => colormap('jett')).toThrow(
    expect.objectContaining({ code: 'bad-option', message: 'unknown colormap: jett', suggestions: ['jet'] }),
  )
  for (const name of ['toString', '__proto__', 'constructor', '']) expect(() => colormap(name)).toThrow('unknown colormap')
})
