/** @file Einsum: the gradient of an operand is an Einsum of the output's gradient and the other operands. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'

const lettersOf = (text: string): string[] => text.split('')
const alphabet = lettersOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')

/** One letter per axis, `...` spelled out: the runtime wants it to stand for as many axes in each operand. */
interface Equation {
  operands: string[][]
  output: string[]
}

function equationOf(context: RuleContext): Equation {
  const text = context.string('equation', '').replaceAll(' ', '')
  const [left = '', right] = text.split('->')
  const terms = left.split(',')
  const covered = terms.map((term, i) => (term.includes('...') ? context.input(i).shape.length - term.length + 3 : 0))
  const unused = alphabet.filter((letter) => !text.includes(letter))
  const ellipsis = unused.slice(0, Math.max(...covered)).join('')
  const spelled = (term: string): string[] => lettersOf(term.replace('...', ellipsis))
  return { operands: terms.map(spelled), output: right === undefined ? implicitOutput(left, ellipsis) : spelled(right) }
}

/** Without an arrow: the axes of `...`, then every letter that occurs once, in the order of the alphabet. */
function implicitOutput(left: string, ellipsis: string): string[] {
  const letters = lettersOf(left).filter((letter) => /[a-z]/i.test(letter))
  return [...lettersOf(ellipsis), ...letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort()]
}

export const Einsum: Rule = (context) => {
  const equation = equationOf(context)
  return equation.operands.map((_, position) => (context.wants(position) ? operandGradient(context, equation, position) : undefined))
}

/** Axes of the operand that nothing else has stay of size 1 (all of them receive the same); a repeated letter lives on a diagonal. */
function operandGradient(context: RuleContext, { operands, output }: Equation, position: number): Value {
  const { g, dy } = context
  const x = context.input(position)
  const letters = operands[position] ?? []
  const others = operands.flatMap((term, i) => (i === position ? [] : [{ term, value: context.input(i) }]))
  const known = new Set([...output, ...others.flatMap(({ term }) => term)])
  const kept = [...new Set(letters)].filter((letter) => known.has(letter))
  const product = contraction(context, [{ term: output, value: dy }, ...others], kept)
  const laid = letters.map((letter, axis): Dim => {
    const from = kept.indexOf(letter)
    return from < 0 || letters.indexOf(letter) < axis ? 1 : (product.shape[from] as Dim)
  })
  let gradient = g.reshape(product, laid)
  letters.forEach((letter, axis) => {
    const first = letters.indexOf(letter)
    if (first < axis) gradient = g.mul(gradient, diagonal(context, x, first, axis))
  })
  return gradient
}

interface Factor {
  term: readonly string[]
  value: Value
}

function contraction({ g }: RuleContext, factors: readonly Factor[], kept: readonly string[]): Value {
  const [first] = factors
  const order = kept.map((letter) => first?.term.indexOf(letter) ?? 0)
  if (first && factors.length === 1) return g.transpose(first.value, order)
  const dims = new Map<string, Dim>()
  for (const { term, value } of factors) {
    for (const [axis, letter] of term.entries()) if ((dims.get(letter) ?? 1) === 1) dims.set(letter, value.shape[axis] as Dim)
  }
  const shape = kept.map((letter) => dims.get(letter) as Dim)
  const equation = `${factors.map(({ term }) => term.join('')).join(',')}->${kept.join('')}`
  const values = factors.map(({ value }) => value)
  return g.node('Einsum', values, { type: first?.value.type ?? 'float32', shape }, { equation })
}

/** 1 where both axes are at the same place, 0 elsewhere. */
function diagonal(context: RuleContext, x: Value, first: number, second: number): Value {
  const [size] = fixedDims(context, [x.shape[first] as Dim]) as [number]
  const identity = Float32Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  const laid = x.shape.map((_, axis) => (axis === first || axis === second ? size : 1))
  return context.g.floats(identity, laid, x.type)
}
