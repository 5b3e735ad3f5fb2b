/** @file Letters that the typeface lacks, drawn by the fonts of the place: once, large, and scaled to what a figure needs. */
import { type Cache, createCache } from '../core/cache.ts'
import type { Pixels } from '../core/pixels.ts'
import { drawnSize, type FontWeight, type Host } from '../host.ts'
import { inkOf, type Ink, type LetterPicture } from './letter-picture.ts'
import { type Fonts, hasGlyph, tidy, type Typeface } from './lettering.ts'
import { piecesOf } from './pieces.ts'

type Drawing = NonNullable<Host['drawText']>

// more are not read in a figure, and labels are anybody's
const maxPieces = 400

const kept = new WeakMap<Drawing, Cache<LetterPicture | undefined>>()

/** The same fonts, with pictures of what they lack in a text, as far as the place has it. */
export async function withDrawnLetters(host: Pick<Host, 'drawText'>, fonts: Fonts, text: string): Promise<Fonts> {
  const { drawText } = host
  if (!drawText) return fonts
  const drawn = async (face: Typeface, weight: FontWeight): Promise<Typeface> => {
    const lacking = piecesOf(tidy(text, Number.POSITIVE_INFINITY), (character) => hasGlyph(character, face)).filter(({ own }) => !own)
    const wanted = [...new Set(lacking.map((piece) => piece.text))].slice(0, maxPieces)
    const pictures = await Promise.all(wanted.map((each) => pictureOf(drawText, each, weight)))
    const found = wanted.flatMap((each, i) => (pictures[i] ? [[each, pictures[i]] as const] : []))
    return { ...face, drawn: new Map(found) }
  }
  return { regular: await drawn(fonts.regular, 400), bold: await drawn(fonts.bold, 600) }
}

function pictureOf(drawText: Drawing, text: string, weight: FontWeight): Promise<LetterPicture | undefined> {
  const known = kept.get(drawText) ?? createCache<LetterPicture | undefined>(1000)
  kept.set(drawText, known)
  const inked = async (each: string): Promise<Ink> => inkOf(await drawText(each, weight))
  return known.get(`${weight} ${text}`, async () => {
    // marks and joiners stand on the letters before them
    const letters = [...new Set(text)].filter((letter) => !/[\p{M}\p{C}\p{Emoji_Modifier}]/u.test(letter))
    for (const letter of letters) if (await lacks(inked, letter)) return undefined
    const { pixels, left, right } = await inked(text)
    if (right < left) return undefined
    return { pixels, left, right, size: drawnSize, baseline: drawnSize * 1.4 }
  })
}

// never assigned, in four, five and six digits: the boxes that stand for them may show their numbers
const unassigned = ['\u0378', '\u{1fffe}', '\u{10fffe}']

/** Whether no font has a letter: what is drawn has the frame of the box that stands for one that nobody has. */
async function lacks(inked: (text: string) => Promise<Ink>, letter: string): Promise<boolean> {
  const ink = await inked(letter)
  if (ink.right < ink.left) return !/\s/u.test(letter)
  for (const other of unassigned) if (sameFrame(ink, await inked(other))) return true
  return false
}

function sameFrame(a: Ink, b: Ink): boolean {
  if (a.left !== b.left || a.right !== b.right || a.top !== b.top || a.bottom !== b.bottom) return false
  for (let x = a.left; x <= a.right; x++)
    for (const y of [a.top, a.bottom]) if (alphaAt(a.pixels, x, y) !== alphaAt(b.pixels, x, y)) return false
  for (let y = a.top; y <= a.bottom; y++)
    for (const x of [a.left, a.right]) if (alphaAt(a.pixels, x, y) !== alphaAt(b.pixels, x, y)) return false
  return true
}

const alphaAt = ({ data, width }: Pixels, x: number, y: number): number => data[4 * (y * width + x) + 3] as number
