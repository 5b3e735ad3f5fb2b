/** @file Formulas over tensors: text to a tree. Numbers, + − * /, parentheses, functions, tensors with indices. */
import { GradcamError } from '../../core/errors.ts'

/** Reductions over everything of an image, and functions of each value. */
export const functions = ['sum', 'mean', 'max', 'min', 'abs', 'log', 'exp', 'relu', 'sigmoid', 'softmax'] as const
export type FunctionName = (typeof functions)[number]

export type Expression =
  | { kind: 'number'; value: number; at: number }
  /** Indices count the axes after the batch; undefined keeps the axis. */
  | { kind: 'tensor'; name: string; indices: readonly (number | undefined)[]; at: number }
  | { kind: 'call'; name: FunctionName; arguments: readonly Expression[]; at: number }
  | { kind: 'minus'; of: Expression; at: number }
  | { kind: 'operation'; operator: '+' | '-' | '*' | '/'; left: Expression; right: Expression; at: number }

interface Token {
  kind: 'number' | 'name' | 'quoted' | 'sign' | 'end'
  text: string
  at: number
}

const longest = 4000
const deepest = 64

/**
 * Parses a formula.
 *
 * @throws GradcamError `bad-target`, with the position of what does not fit
 */
export function parseExpression(source: string): Expression {
  if (source.length > longest) {
    throw new GradcamError('bad-target', `the expression has ${source.length} characters`, {
      hint: `at most ${longest}; an ONNX file can be longer`,
    })
  }
  const tokens = tokensOf(source)
  let next = 0
  let depth = 0
  const peek = (): Token => tokens[next] as Token
  const fail = (token: Token, wanted: string): GradcamError =>
    syntax(source, token.at, `${token.kind === 'end' ? 'the end' : JSON.stringify(token.text)} stands where ${wanted} should`)
  const accept = (sign: string): Token | undefined => {
    const token = peek()
    if (token.kind !== 'sign' || token.text !== sign) return undefined
    next++
    return token
  }
  const expect = (sign: string): void => {
    if (!accept(sign)) throw fail(peek(), JSON.stringify(sign))
  }
  const chain = (signs: readonly ('+' | '-' | '*' | '/')[], part: () => Expression): Expression => {
    let left = part()
    for (;;) {
      const operator = signs.find((sign) => peek().kind === 'sign' && peek().text === sign)
      if (!operator) return left
      const { at } = peek()
      next++
      left = { kind: 'operation', operator, left, right: part(), at }
    }
  }
  const sum = (): Expression => chain(['+', '-'], () => chain(['*', '/'], signed))
  const signed = (): Expression => {
    const minus = accept('-')
    return deeper(() => (minus ? { kind: 'minus', of: signed(), at: minus.at } : accept('+') ? signed() : atom()))
  }
  const deeper = <T>(make: () => T): T => {
    if (++depth > deepest) throw syntax(source, peek().at, 'it is nested too deeply')
    const made = make()
    depth--
    return made
  }
  const atom = (): Expression => {
    const token = peek()
    if (accept('(')) {
      const inner = sum()
      expect(')')
      return inner
    }
    if (token.kind === 'number') {
      next++
      return { kind: 'number', value: Number(token.text), at: token.at }
    }
    if (token.kind !== 'name' && token.kind !== 'quoted') throw fail(token, 'a number, a tensor or a function')
    next++
    if (token.kind === 'name' && accept('(')) return call(token)
    return { kind: 'tensor', name: token.text, indices: accept('[') ? indices() : [], at: token.at }
  }
  const call = (token: Token): Expression => {
    const name = functions.find((each) => each === token.text)
    if (!name) throw syntax(source, token.at, `there is no function ${token.text}; functions are ${functions.join(', ')}`)
    const given = [sum()]
    while (accept(',')) given.push(sum())
    expect(')')
    if (given.length > 1 && name !== 'max' && name !== 'min')
      throw syntax(source, token.at, `${name} takes one argument, not ${given.length}`)
    return { kind: 'call', name, arguments: given, at: token.at }
  }
  const indices = (): (number | undefined)[] => {
    const all: (number | undefined)[] = []
    do {
      if (accept(':')) all.push(undefined)
      else {
        const sign = accept('-') ? -1 : 1
        const token = peek()
        if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw fail(token, 'an index or ":"')
        next++
        all.push(sign * Number(token.text))
      }
    } while (accept(','))
    expect(']')
    return all
  }
  const whole = sum()
  if (peek().kind !== 'end') throw fail(peek(), 'an operator')
  return whole
}

const patterns: readonly [Token['kind'], RegExp][] = [
  ['number', /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i],
  ['name', /^[\p{L}_][\p{L}\p{N}_.]*/u],
  ['quoted', /^'([^']*)'/],
  ['sign', /^[-+*/()[\],:−]/],
]

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at)
    const blank = /^\s+/.exec(rest)
    if (blank) {
      at += blank[0].length
      continue
    }
    const found = patterns.map(([kind, pattern]) => ({ kind, match: pattern.exec(rest) })).find(({ match }) => match)
    if (!found?.match)
      throw syntax(source, at, `${JSON.stringify(rest[0])} means nothing here; names with other characters stand in quotes: 'conv1/out'`)
    const { kind, match } = found
    const text = kind === 'quoted' ? (match[1] as string) : match[0] === '−' ? '-' : match[0]
    tokens.push({ kind, text, at })
    at += match[0].length
  }
  return [...tokens, { kind: 'end', text: '', at: source.length }]
}

/** An error with the place where it is. */
export const syntax = (source: string, at: number, what: string): GradcamError =>
  new GradcamError('bad-target', `the expression cannot be used: at character ${at + 1}, ${what}`, {
    hint: `correct what follows the mark: ${source.slice(Math.max(0, at - 40), at)}▸${source.slice(at, at + 40)}`,
  })
