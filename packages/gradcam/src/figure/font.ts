/** @file A font, as opentype.js reads it: what lettering needs of one. */

export interface Glyph {
  index: number
  advanceWidth?: number
  path: { commands: readonly Command[] }
}

export interface Font {
  unitsPerEm: number
  charToGlyphIndex(character: string): number
  glyphs: { get(index: number): Glyph }
}

interface Command {
  type: 'M' | 'L' | 'Q' | 'C' | 'Z'
  x?: number
  y?: number
  x1?: number
  y1?: number
  x2?: number
  y2?: number
}
