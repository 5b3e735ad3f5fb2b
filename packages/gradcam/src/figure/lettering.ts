/** @file Text from font outlines, drawn by our own rasteriser, one result everywhere; what these fonts lack as pictures. */
import { badOption, GradcamError } from '../core/errors.ts'
import { largestWith } from '../core/numbers.ts'
import type { Pixels } from '../core/pixels.ts'
import { oneLine } from '../core/text.ts'
import { type Colour, type Contour, fillShape, type Point, quadratic } from '../image/raster.ts'
import type { Font, Glyph } from './font.ts'
import { advanceOf, drawPicture, type LetterPicture } from './letter-picture.ts'
import { fromLeft, type Piece, piecesOf } from './pieces.ts'

/** Fonts of one weight: a character is taken from the first that has it, else from the pictures. */
export interface Typeface {
  fonts: readonly Font[]
  /** What the fonts lack, by the pieces of a line (`piecesOf`). */
  drawn: ReadonlyMap<string, LetterPicture>
}

/** What a panel writes with. Made by `parseFonts`. */
export interface Fonts {
  regular: Typeface
  bold: Typeface
}

/**
 * Reads fonts (TrueType, OpenType, WOFF 1).
 *
 * @param files the bytes of one or several files for each weight; later ones fill in for characters missing in earlier ones
 * @throws {GradcamError} `bad-option` when a file is no font
 */
export async function parseFonts(files: { regular: readonly Uint8Array[]; bold: readonly Uint8Array[] }): Promise<Fonts> {
  const opentype = await import('opentype.js') // large, and needed only for figures with letters
  const parse = opentype.parse ?? opentype.default?.parse
  const read = (bytes: Uint8Array): Font => {
    try {
      if (parse) return parse(Uint8Array.from(bytes).buffer, { lowMemory: true }) // glyphs are read when drawn
    } catch (cause) {
      throw badOption('a font cannot be read', 'give a TrueType, OpenType or WOFF file', { cause })
    }
    throw new GradcamError('internal', 'opentype.js has no parse', { hint: 'install the version that gradcam asks for' })
  }
  return { regular: { fonts: files.regular.map(read), drawn: new Map() }, bold: { fonts: files.bold.map(read), drawn: new Map() } }
}

// formatting marks, joiners but those of emoji, variation selectors, tags, private use: nothing that has a shape
const shapeless =
  /(?<!\p{Extended_Pictographic}\p{Emoji_Modifier}?)\u200d|\u200d(?!\p{Extended_Pictographic})|(?!\u200d)[\p{C}\p{Variation_Selector}]/gu
// marks that found no letter to join, and heaps of them
const loose = /(^|[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}])\p{M}+/gu
const heaped = /(\p{M}{3})\p{M}+/gu

/** Text as it can be drawn: one line, composed characters, single blanks, a bounded length. */
export const tidy = (text: string, max = 400): string =>
  (max === Number.POSITIVE_INFINITY ? text : oneLine(text, max))
    .normalize('NFC')
    .replace(shapeless, '')
    .replace(loose, '$1')
    .replace(heaped, '$1')
    .replace(/ {2,}/g, ' ')
    .trim()

const fontOf = (character: string, { fonts }: Typeface): Font | undefined => fonts.find((one) => one.charToGlyphIndex(character) > 0)

/** Whether the fonts of a typeface have a character. */
export const hasGlyph = (character: string, face: Typeface): boolean => fontOf(character, face) !== undefined

const piecesIn = (text: string, face: Typeface): Piece[] =>
  face.drawn.size === 0
    ? Array.from(text, (character) => ({ text: character, own: true }))
    : piecesOf(text, (character) => hasGlyph(character, face))

/** The characters of a text that neither fonts nor pictures of a typeface have: they are drawn as empty boxes. */
export const missingGlyphs = (text: string, face: Typeface): string[] => {
  const undrawn = piecesIn(tidy(text), face).filter((piece) => !face.drawn.has(piece.text))
  return [...new Set(undrawn.flatMap((piece) => Array.from(piece.text)))].filter((character) => !hasGlyph(character, face))
}

interface Placed {
  /** Pixels from the start of the text. */
  x: number
  glyph?: { outline: Glyph; font: Font }
  picture?: LetterPicture | undefined
}

function place(text: string, size: number, face: Typeface): { placed: Placed[]; width: number } {
  const [first] = face.fonts
  const placed: Placed[] = []
  let x = 0
  if (!first) return { placed, width: 0 }
  for (const piece of fromLeft(piecesIn(text, face))) {
    const picture = face.drawn.get(piece.text)
    if (picture) {
      placed.push({ x, picture })
      x += advanceOf(picture) * size
      continue
    }
    for (const character of piece.text) {
      const font = fontOf(character, face) ?? first // glyph 0, an empty box, where none has it
      const outline = font.glyphs.get(font.charToGlyphIndex(character))
      placed.push({ x, glyph: { outline, font } })
      x += (outline.advanceWidth ?? 0) * (size / font.unitsPerEm)
    }
  }
  return { placed, width: x }
}

/** Width of a tidy line in pixels. */
export const textWidth = (text: string, size: number, face: Typeface): number => place(text, size, face).width

/** The text, or its longest beginning that fits with an ellipsis. */
export function shorten(text: string, width: number, size: number, face: Typeface): string {
  if (textWidth(text, size, face) <= width) return text
  const characters = piecesIn(text, face).map((piece) => piece.text)
  const begins = (count: number): string => characters.slice(0, count).join('')
  const fits = largestWith(characters.length - 1, (count) => textWidth(`${begins(count).trimEnd()}…`, size, face) <= width)
  return fits === 0 ? '' : `${begins(fits).replace(/[\s,;:(·-]+$/u, '')}…`
}

function outline({ outline: glyph, font }: NonNullable<Placed['glyph']>, x: number, { x: left, y: baseline, size }: TextStyle): Contour[] {
  const scale = size / font.unitsPerEm
  const contours: number[][] = []
  let now: number[] = []
  let last: Point = [0, 0]
  const at = (dx = 0, dy = 0): Point => [left + x + dx * scale, baseline - dy * scale]
  for (const command of glyph.path.commands) {
    if (command.type === 'Z') continue
    const next = at(command.x, command.y)
    if (command.type === 'M') {
      now = [...next]
      contours.push(now)
    } else if (command.type === 'L') now.push(...next)
    else if (command.type === 'Q') quadratic(now, last, at(command.x1, command.y1), next)
    else cubic(now, last, at(command.x1, command.y1), at(command.x2, command.y2), next)
    last = next
  }
  return contours
}

function cubic(out: number[], [x0, y0]: Point, [x1, y1]: Point, [x2, y2]: Point, [x3, y3]: Point): void {
  for (let i = 1; i <= 12; i++) {
    const t = i / 12
    const s = 1 - t
    const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t]
    out.push(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
  }
}

export interface TextStyle {
  /** Where the text begins, and its baseline. */
  x: number
  y: number
  size: number
  face: Typeface
  colour: Colour
}

/** Draws a tidy line onto RGB pixels. Returns the x where the text ends. */
export function drawText(canvas: Pixels, text: string, style: TextStyle): number {
  const { placed, width } = place(text, style.size, style.face)
  for (const { x, glyph, picture } of placed) {
    if (glyph) fillShape(canvas, outline(glyph, x, style), style.colour)
    if (picture) drawPicture(canvas, picture, { ...style, x: style.x + x })
  }
  return style.x + width
}
