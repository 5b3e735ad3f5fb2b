/** @file A line of text in the pieces that are written one after another: characters of the typeface, and what only other fonts have. */

/** A piece of a line. */
export interface Piece {
  text: string
  /** Whether the typeface has it: such a piece is one character. */
  own: boolean
}

// letters that change with their neighbours: a word of them is one piece
const joined =
  /^[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Thai}\p{Script=Lao}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Mongolian}]/u
const leftwards = /^[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

const longestWord = 24

/** Cuts a tidy line, in the order in which it is read. */
export function piecesOf(text: string, has: (character: string) => boolean): Piece[] {
  const all = Array.from(text)
  // the usual case, without what tells characters of other scripts apart
  if (all.every(has)) return all.map((character) => ({ text: character, own: true }))
  const pieces: (Piece & { length: number })[] = []
  for (const { segment } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)) {
    const characters = Array.from(segment)
    const last = pieces.at(-1)
    if (characters.every(has)) for (const character of characters) pieces.push({ text: character, own: true, length: 1 })
    else if (last && !last.own && last.length < longestWord && joined.test(last.text) && joined.test(segment)) {
      last.text += segment
      last.length++
    } else pieces.push({ text: segment, own: false, length: 1 })
  }
  return pieces
}

/** The order in which pieces stand from left to right: words of scripts that run leftwards, one after another, are turned around. */
export function fromLeft(pieces: readonly Piece[]): readonly Piece[] {
  const runsLeft = ({ own, text }: Piece): boolean => !own && leftwards.test(text)
  if (!pieces.some(runsLeft)) return pieces
  const ordered: Piece[] = []
  for (let at = 0; at < pieces.length; ) {
    let end = at
    for (let i = at; i < pieces.length && (runsLeft(pieces[i] as Piece) || (pieces[i] as Piece).text === ' '); i++)
      if (runsLeft(pieces[i] as Piece)) end = i + 1
    if (end > at && runsLeft(pieces[at] as Piece)) {
      ordered.push(...pieces.slice(at, end).reverse())
      at = end
    } else ordered.push(pieces[at++] as Piece)
  }
  return ordered
}
