/** @file Names that others gave: made fit for a line of text, and near misses of what a person may have meant. */

// Unicode's Bidi_Control: these turn the direction of what follows, so that one name can look like another
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * A label or file name as one line: control characters and line ends become blanks, marks that turn the direction of text
 * go, and what is longer than `max` characters ends in an ellipsis.
 *
 * @example oneLine('golden retriever', 8) // 'golden…'
 */
export function oneLine(text: string, max = 200): string {
  const line = text
    .slice(0, 4 * max)
    .replace(directionMarks, '')
    .replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
  const characters = Array.from(line)
  if (characters.length <= max && text.length <= 4 * max) return line
  return `${characters
    .slice(0, max - 1)
    .join('')
    .trimEnd()}…`
}

/** Lower case, without accents, every run of punctuation one blank: `Inception_5b/output` → `inception 5b output`. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

// three rows of the distance table, grown when a longer name comes
let rows: [Uint16Array, Uint16Array, Uint16Array] = [new Uint16Array(64), new Uint16Array(64), new Uint16Array(64)]

/**
 * Damerau-Levenshtein distance (optimal string alignment: insert, delete, replace, swap neighbours), in UTF-16 units.
 * Stops early and returns `limit + 1` when the distance exceeds `limit`.
 */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  if (rows[0].length <= b.length) {
    const size = 2 * b.length + 1
    rows = [new Uint16Array(size), new Uint16Array(size), new Uint16Array(size)]
  }
  let [before, last, row] = rows
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    const x = a.charCodeAt(i - 1)
    row[0] = i
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const y = b.charCodeAt(j - 1)
      let d = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (x === y ? 0 : 1))
      if (i > 1 && j > 1 && x === b.charCodeAt(j - 2) && y === a.charCodeAt(i - 2)) d = Math.min(d, (before[j - 2] ?? 0) + 1)
      row[j] = d
      if (d < least) least = d
    }
    // a swap may reach back two rows, never below the least of the last one
    if (least > limit + 1) return limit + 1
    const spare = before
    before = last
    last = row
    row = spare
  }
  const distance = last[b.length] ?? 0
  return distance > limit ? limit + 1 : distance
}

/** The share of a name that may be wrong for it still to be recognised. */
const tolerance = 0.4

/** How far each word of the query is from the nearest word of the candidate, as a share of the query's letters. */
function wordDistance(query: string, words: readonly string[], candidate: string, bound: number): number {
  const others = candidate.split(' ')
  let sum = 0
  let exact = true
  for (const word of words) {
    let best = word.length
    for (const other of others) {
      if (other === word) best = 0
      else if (best > 0 && word.length > 2) best = Math.min(best, editDistance(word, other, Math.min(best, bound)))
      if (best === 0) break
    }
    if (best > 0) exact = false
    // a short word shares half its letters with anything
    sum += best * 2 > word.length ? word.length : best
  }
  return sum / query.length + (exact ? 0 : 0.02)
}

/** 0 = the same, 1 = nothing in common. */
function difference(query: string, words: readonly string[], candidate: string): number {
  if (candidate === query) return 0
  if (candidate === '') return 1
  const lengths = candidate.length + query.length
  const extra = Math.abs(candidate.length - query.length) / lengths
  if (candidate.startsWith(query)) return 0.05 + 0.05 * extra
  const bound = Math.ceil(tolerance * query.length)
  let best = 1
  if (query.length > 1 && candidate.includes(query)) best = 0.1 + 0.1 * extra
  else if (candidate.length > 2 && query.includes(candidate)) best = 0.15 + 0.15 * extra
  best = Math.min(best, editDistance(query, candidate, bound) / query.length)
  if (best > 0.1 && (words.length > 1 || candidate.includes(' '))) {
    best = Math.min(best, 0.1 + wordDistance(query, words, candidate, bound) + 0.1 * extra)
  }
  return best
}

/**
 * The names most like `name`, best first: by typing error, by part, by word. Case, accents and punctuation do not count;
 * of a candidate such as `tabby, tabby cat` each part between commas is tried too. 5,000 candidates take a few milliseconds.
 *
 * @returns at most `max` candidates as they were given; none when nothing comes near
 * @example nearestNames('retriver', ['golden retriever', 'tabby']) // ['golden retriever']
 */
export function nearestNames(name: string, candidates: readonly string[], max = 3): string[] {
  const query = plain(name.slice(0, 200))
  if (query === '') return []
  const words = query.split(' ')
  const found: { candidate: string; difference: number; order: number }[] = []
  const seen = new Set<string>()
  candidates.forEach((candidate, order) => {
    if (seen.has(candidate)) return
    seen.add(candidate)
    let best = 1
    const text = candidate.slice(0, 200)
    for (const part of text.includes(',') ? [text, ...text.split(',')] : [text]) {
      best = Math.min(best, difference(query, words, plain(part)))
    }
    if (best <= tolerance) found.push({ candidate, difference: best, order })
  })
  found.sort((a, b) => a.difference - b.difference || a.order - b.order)
  return found.slice(0, max).map((one) => one.candidate)
}

/** ImageNet labels list synonyms: the first one. */
export const shortLabel = (label: string): string => oneLine(label.split(',', 1)[0] ?? '') || oneLine(label)
