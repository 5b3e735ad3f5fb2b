/** @file Formulas over tensors: text to a tree. Numbers, + − * /, parentheses, functions, tensors with indices. */
import { GradcamError } from '../../core/errors.ts'

/** Reductions over everything of an image, and functions of each value. */
export const functions = ['sum', 'mean', 'max', 'min', 'abs', 'log', 'exp', 'relu', 'sigmoid', 'softmax'] as const
export type FunctionName = (typeof functions)[number]

type Operator = '+' | '-' | '*' | '/'

export type Expression =
  | { kind: 'number'; value: number; at: number }
  /** Indices count the axes after the batch; undefined keeps the axis. */
  | { kind: 'tensor'; name: string; indices: readonly (number | undefined)[]; at: number }
  | { kind: 'call'; name: FunctionName; arguments: readonly Expression[]; at: number }
  | { kind: 'operation'; operator: Operator; left: Expression; right: Expression; at: number }

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
  if (source.length > longest)
    throw new GradcamError('bad-target', `the expression has ${source.length} characters`, {
      hint: `at most ${longest}; an ONNX file can be longer`,
    })
  const tokens = tokensOf(source)
  let depth = 0
  const peek = (): Token => tokens[0] as Token
  const fail = (wanted: string): GradcamError =>
    syntax(source, peek().at, `${peek().kind === 'end' ? 'the end' : JSON.stringify(peek().text)} stands where ${wanted} should`)
  const take = (): Token => tokens.shift() as Token
  const accept = (...signs: readonly string[]): Token | undefined =>
    peek().kind === 'sign' && signs.includes(peek().text) ? take() : undefined
  const expect = (sign: string): void => {
    if (!accept(sign)) throw fail(JSON.stringify(sign))
  }
  const chain = (signs: readonly Operator[], part: () => Expression): Expression => {
    let left = part()
    for (;;) {
      const sign = accept(...signs)
      if (!sign) return left
      left = { kind: 'operation', operator: sign.text as Operator, left, right: part(), at: sign.at }
    }
  }
  const sum = (): Expression => chain(['+', '-'], () => chain(['*', '/'], signed))
  const signed = (): Expression => {
    if (++depth > deepest) throw syntax(source, peek().at, 'it is nested too deeply')
    const sign = accept('-', '+')
    const of = sign ? signed() : atom()
    depth--
    // −x is 0 − x
    return sign?.text === '-'
      ? { kind: 'operation', operator: '-', left: { kind: 'number', value: 0, at: sign.at }, right: of, at: sign.at }
      : of
  }
  const atom = (): Expression => {
    if (accept('(')) {
      const inner = sum()
      expect(')')
      return inner
    }
    const { kind } = peek()
    if (kind === 'sign' || kind === 'end') throw fail('a number, a tensor or a function')
    const { text, at } = take()
    if (kind === 'number') return { kind, value: Number(text), at }
    if (kind === 'name' && accept('(')) return call(text, at)
    return { kind: 'tensor', name: text, indices: accept('[') ? indices() : [], at }
  }
  const call = (named: string, at: number): Expression => {
    const name = functions.find((each) => each === named)
    if (!name) throw syntax(source, at, `there is no function ${named}; functions are ${functions.join(', ')}`)
    const given = [sum()]
    while (accept(',')) given.push(sum())
    expect(')')
    if (given.length > 1 && name !== 'max' && name !== 'min') throw syntax(source, at, `${name} takes one argument, not ${given.length}`)
    return { kind: 'call', name, arguments: given, at }
  }
  const indices = (): (number | undefined)[] => {
    const all: (number | undefined)[] = []
    do {
      if (accept(':')) all.push(undefined)
      else {
        const sign = accept('-') ? -1 : 1
        if (!/^\d+$/.test(peek().text)) throw fail('an index or ":"')
        all.push(sign * Number(take().text))
      }
    } while (accept(','))
    expect(']')
    return all
  }
  const whole = sum()
  if (peek().kind !== 'end') throw fail('an operator')
  return whole
}

const pattern =
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_.]*)|'(?<quoted>[^']*)'|(?<sign>[-+*/()[\],:−])|(?<other>.)/gsu

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  for (const { index: at, groups = {} } of source.matchAll(pattern)) {
    // blanks are in no group, all else in one
    const [kind, text] = Object.entries<string | undefined>(groups).find((group) => group[1] !== undefined) ?? []
    if (kind === 'other')
      throw syntax(source, at, `${JSON.stringify(text)} means nothing here; names with other characters stand in quotes: 'conv1/out'`)
    if (text !== undefined) tokens.push({ kind: kind as Token['kind'], text: text === '−' ? '-' : text, at })
  }
  return [...tokens, { kind: 'end', text: '', at: source.length }]
}

/** An error with the place where it is. */
export const syntax = (source: string, at: number, what: string): GradcamError =>
  new GradcamError('bad-target', `the expression cannot be used: at character ${at + 1}, ${what}`, {
    hint: `correct what follows the mark: ${source.slice(Math.max(0, at - 40), at)}▸${source.slice(at, at + 40)}`,
  })
