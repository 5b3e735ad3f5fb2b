/** @file Text from models, files and people made safe to show: one line, without control characters, not too long. */

// C0 and C1 controls, line separators, bidirectional marks, halves of surrogate pairs
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (char: string): string => names[char] ?? `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

/** Longer text loses its middle. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text
  const half = Math.floor((longest - 1) / 2)
  // no surrogate pair is cut in two
  const [head, tail] = [text.slice(0, longest - 1 - half), text.slice(text.length - half)]
  return `${head.replace(/[\ud800-\udbff]$/, '')}…${tail.replace(/^[\udc00-\udfff]/, '')}`
}

/**
 * A name or label as a terminal may show it.
 *
 * @example printable('a\x1b[2Jb\n') // 'a\\u001b[2Jb\\n'
 */
export const printable = (text: string, longest = 200): string => shortened(text, longest).replace(unsafe, escaped)

/** The same for text of several lines. */
export const printableLines = (text: string): string => text.replace(unsafe, (char) => (char === '\n' ? char : escaped(char)))

/** JSON whose text holds no character that a terminal obeys: the same value. */
export const printableJson = (value: unknown, space?: number): string => printableLines(JSON.stringify(value, undefined, space))
