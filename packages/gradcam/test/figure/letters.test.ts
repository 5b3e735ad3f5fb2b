/** @file Letters that Inter lacks: drawn by the fonts of the place, in their order, in the text's colour; what none has is said. */
import { expect, test } from 'vitest'
import type { Pixels } from '../../src/core/pixels.ts'
import { withDrawnLetters } from '../../src/figure/drawn-letters.ts'
import { loadFonts } from '../../src/figure/fonts.ts'
import { drawText, missingGlyphs, shorten, textWidth, tidy } from '../../src/figure/lettering.ts'
import { fromLeft, piecesOf } from '../../src/figure/pieces.ts'
import { drawnSize, type Host } from '../../src/host.ts'
import { nodeHost } from '../../src/node/index.ts'

const latin = (character: string): boolean => /[\x20-\xff]/.test(character)
const texts = (line: string): string[] => piecesOf(line, latin).map(({ text }) => text)

/** A host whose fonts have some letters, each as a full square of one em, and whose box for all others is an empty one. */
function squares(has: RegExp, colour: readonly number[] = [0, 0, 0]): { drawText: NonNullable<Host['drawText']>; asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    async drawText(text) {
      asked.push(text)
      const count = Array.from(text).length
      const [width, height] = [drawnSize * (count + 2), 2 * drawnSize]
      const pixels: Pixels = { width, height, channels: 4, data: new Uint8Array(width * height * 4) }
      const [top, bottom, right] = [0.5 * drawnSize, 1.4 * drawnSize, drawnSize * (1 + count)]
      for (let y = top; y < bottom; y++)
        for (let x = drawnSize; x < right; x++)
          if (has.test(text) || y === top || y === bottom - 1 || x === drawnSize || x === right - 1)
            pixels.data.set([...colour, 255], 4 * (y * width + x))
      return pixels
    },
  }
}

test('a line in pieces: characters of the typeface, signs by themselves, words of joined scripts', () => {
  expect(texts('ab 猫猫 x')).toEqual(['a', 'b', ' ', '猫', '猫', ' ', 'x'])
  expect(texts('قطة جميلة 7')).toEqual(['قطة', ' ', 'جميلة', ' ', '7'])
  expect(texts('बिल्ली')).toEqual(['बिल्ली'])
  expect(texts('👩‍🔬👍🏽')).toEqual(['👩‍🔬', '👍🏽'])
  expect(texts('ก'.repeat(60)).map((text) => text.length)).toEqual([24, 24, 12])
})

test('words of scripts that run leftwards are turned around, all else stays', () => {
  const shown = (line: string): string[] => fromLeft(piecesOf(line, latin)).map(({ text }) => text)
  expect(shown('قطة جميلة')).toEqual(['جميلة', ' ', 'قطة'])
  expect(shown('a قطة جميلة b')).toEqual(['a', ' ', 'جميلة', ' ', 'قطة', ' ', 'b'])
  expect(shown('猫 a')).toEqual(['猫', ' ', 'a'])
})

test('tidy text keeps the marks and joiners that letters need, and no heaps of them', () => {
  expect(tidy('बिल्ली')).toBe('बिल्ली')
  expect(tidy('👩‍🔬 a\u200db')).toBe('👩‍🔬 ab')
  expect(tidy(`Z${'\u0335'.repeat(40)}`)).toBe('Z')
  expect(tidy(`क${'\u093f'.repeat(40)}`)).toHaveLength(4)
})

test('letters that a font has are drawn in the colour of the text, at its size, on its baseline', async () => {
  const { drawText: draw, asked } = squares(/^[猫狗]$/)
  const fonts = await withDrawnLetters({ drawText: draw }, await loadFonts(nodeHost), 'a 猫 鳥')
  expect(missingGlyphs('a 猫 鳥', fonts.bold)).toEqual(['鳥'])
  expect(asked).not.toContain('a')
  // a square from the baseline up to 0.9 em, one em wide, and 0.04 em of room
  expect(textWidth('猫', 100, fonts.regular)).toBeCloseTo(104, 5)
  const canvas: Pixels = { width: 120, height: 100, channels: 3, data: new Uint8Array(36000).fill(255) }
  const end = drawText(canvas, '猫', { x: 10, y: 95, size: 100, face: fonts.regular, colour: [200, 0, 0] })
  expect(end).toBeCloseTo(114, 5)
  const at = (x: number, y: number): number[] => [...canvas.data.slice(3 * (y * 120 + x), 3 * (y * 120 + x) + 3)]
  expect([at(12, 7), at(60, 50), at(108, 93)]).toEqual(Array.from({ length: 3 }, () => [200, 0, 0]))
  expect([at(8, 50), at(60, 3), at(60, 96), at(112, 50)]).toEqual(Array.from({ length: 4 }, () => [255, 255, 255]))
})

test('letters with colours of their own keep them', async () => {
  const fonts = await withDrawnLetters(squares(/^😀$/u, [250, 200, 0]), await loadFonts(nodeHost), '😀')
  const canvas: Pixels = { width: 40, height: 40, channels: 3, data: new Uint8Array(4800).fill(255) }
  drawText(canvas, '😀', { x: 2, y: 36, size: 32, face: fonts.bold, colour: [0, 0, 0] })
  expect([...canvas.data.slice(3 * (20 * 40 + 20), 3 * (20 * 40 + 20) + 3)]).toEqual([250, 200, 0])
})

test('lines are shortened between pieces', async () => {
  const fonts = await withDrawnLetters(squares(/^[猫狗]$/), await loadFonts(nodeHost), '猫狗猫狗')
  expect(shorten('猫狗猫狗', 330, 100, fonts.bold)).toBe('猫狗…')
})

test('text that Inter has is what it was, whatever fonts there are', async () => {
  const bare = await loadFonts(nodeHost)
  const { drawText: draw, asked } = squares(/./)
  const fonts = await withDrawnLetters({ drawText: draw }, bare, 'golden retriever 0.98 · é')
  expect(asked).toEqual([])
  const line = (face: typeof bare.bold): Uint8Array => {
    const canvas = { width: 300, height: 40, channels: 3 as const, data: new Uint8Array(36000).fill(255) }
    drawText(canvas, 'golden retriever é', { x: 2, y: 30, size: 24, face, colour: [0, 0, 0] })
    return canvas.data
  }
  expect(line(fonts.bold)).toEqual(line(bare.bold))
})

test('in Node: what sharp draws has its baseline where it is said, and a box for what no font has', async () => {
  const draw = nodeHost.drawText as NonNullable<Host['drawText']>
  const { width, height, data } = await draw('H<&', 400)
  expect(height).toBe(2 * drawnSize)
  const inked = (y: number): boolean => Array.from({ length: width }).some((_, x) => data[4 * (y * width + x) + 3] !== 0)
  expect([inked(Math.round(1.4 * drawnSize) - 3), inked(Math.round(1.4 * drawnSize) + 12)]).toEqual([true, false])
  // what stands for a letter that no font has shows its number
  const unassigned = ['\u0379', '\u{1fffd}', '\u{10fffd}']
  const poor: NonNullable<Host['drawText']> = (text, weight) =>
    draw(
      text.replace(/[猫狗鳥]/g, (one) => unassigned['猫狗鳥'.indexOf(one)] ?? ''),
      weight,
    )
  const fonts = await withDrawnLetters({ drawText: poor }, await loadFonts(nodeHost), '猫 狗 鳥')
  expect(missingGlyphs('猫 狗 鳥', fonts.bold)).toEqual(['猫', '狗', '鳥'])
})
