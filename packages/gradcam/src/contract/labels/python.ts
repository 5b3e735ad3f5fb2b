/** @file Python's literals, as `str()` writes them: `{0: 'red', 1: "it's"}`, lists, tuples, numbers, True, None. */
import { maxLabels } from './listed.ts'

const deepest = 16
// key, colon, label and comma of a million classes
const maxTokens = 4 * maxLabels + 2
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '', 0: '\0' }
const words = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
])
const token =
  /\s*(?:([[\](){},:])|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(True|False|None)\b|[uU]?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))/gsy

/** The value of a literal; undefined where the text is none. Nothing is ever run. */
export function pythonLiteral(text: string): unknown {
  const tokens = tokensOf(text)
  if (!tokens) return undefined
  let at = 0
  const accept = (sign: string): boolean => tokens[at]?.sign === sign && ++at > 0
  const fail = (): never => {
    throw new SyntaxError('this is no literal')
  }
  const items = (end: string, each: () => void): void => {
    while (!accept(end)) {
      each()
      if (!accept(',') && tokens[at]?.sign !== end) fail()
    }
  }
  const read = (depth: number): unknown => {
    if (depth > deepest) fail()
    for (const [start, end] of ['[]', '()'] as const) {
      if (!accept(start as string)) continue
      const list: unknown[] = []
      items(end as string, () => list.push(read(depth + 1)))
      return list
    }
    if (accept('{')) {
      const entries: [string, unknown][] = []
      items('}', () => {
        const key = read(depth + 1)
        if (!accept(':')) fail()
        entries.push([String(key), read(depth + 1)])
      })
      // a Map's order, and no key of the prototype
      return Object.assign(Object.create(null) as object, Object.fromEntries(entries))
    }
    const next = tokens[at++]
    return next && next.sign === undefined ? next.value : fail()
  }
  try {
    const value = read(0)
    return at === tokens.length ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

interface Token {
  sign?: string | undefined
  value?: unknown
}

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  const whole = text.trim()
  token.lastIndex = 0
  while (token.lastIndex < whole.length) {
    if (tokens.length > maxTokens) return undefined
    const [, sign, number, word, quoted] = token.exec(whole) ?? []
    if (sign !== undefined) tokens.push({ sign })
    else if (number !== undefined) tokens.push({ value: Number(number) })
    else if (word !== undefined) tokens.push({ value: words.get(word) })
    else if (quoted === undefined) return undefined
    else tokens.push({ value: unescaped(quoted.slice(1, -1)) })
  }
  return tokens
}

const unescaped = (text: string): string =>
  text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs,
    (whole, x?: string, u?: string, long?: string, one?: string) => {
      if (one !== undefined) return escapes[one] ?? one
      const code = Number.parseInt(x ?? u ?? long ?? '', 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
