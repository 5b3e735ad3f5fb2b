/** @file Any formula over tensors of the network as the score. */
import { GradcamError } from '../../core/errors.ts'
import { type Dim, isFloat, shapeText, type Value } from '../../graph/graph.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { reduction, text } from '../fields.ts'
import type { ObjectiveKind, Reduction } from '../kind.ts'
import { forEachImage, type Objective, type ObjectiveScope } from '../objective.ts'
import { type Expression, parseExpression, syntax } from '../expression/parse.ts'

type Shape = readonly Dim[]

/** A formula over tensors of the network. */
export interface ExpressionSpec {
  kind: 'expression'
  expression: string
  /** What becomes of several values of an image. Default: `sum`. */
  reduce?: Reduction
}

export const expressionKind: ObjectiveKind<ExpressionSpec> = {
  kind: 'expression',
  fields: { 'expression!': text, reduce: reduction },
  words: { expression: (rest) => ({ kind: 'expression', expression: rest }) },
  help: [['expression:logits[3] - logits[5]', 'a formula over tensors']],
  async make(spec, { context }) {
    const objective = expressionObjective(spec, context)
    return [forEachImage(context.images, () => objective)]
  },
}

/** y = the formula's value for each image; several values are summed or averaged. */
function expressionObjective({ expression: source, reduce = 'sum' }: ExpressionSpec, context: ObjectiveContext): Objective {
  const tree = parseExpression(source)
  const tensors = new Map<string, Value>()
  for (const { name } of tensorsIn(tree)) if (!tensors.has(name)) tensors.set(name, known(name, context))
  if (tensors.size === 0) throw syntax(source, 0, 'it names no tensor of the network')
  const shape = shapeOf(source, tree, tensors)
  return {
    key: `expression ${reduce} ${source}`,
    label: source.length > 60 ? `${source.slice(0, 59)}…` : source,
    index: undefined,
    reads: [...new Set([...tensors.values()].map(({ name }) => name))],
    feeds: {},
    score(scope) {
      const value = emit(scope, tree, tensors)
      return reduced(scope.g, typeof value === 'number' ? scope.g.floats([value], [1], 'float32') : value, reduce)
    },
    details: { expression: source, shape: shape.slice(1), reduce },
  }
}

/** A tensor; suggestions are spelt as a formula spells names. */
function known(name: string, context: ObjectiveContext): Value {
  try {
    return tensorNamed(context, name)
  } catch (error) {
    if (!(error instanceof GradcamError) || !error.suggestions.some((each) => /[^\w.]/.test(each))) throw error
    throw new GradcamError(error.code, error.message, {
      hint: `did you mean ${error.suggestions.map((each) => (/[^\w.]/.test(each) ? `'${each}'` : each)).join(', ')}? Names with other characters stand in quotes`,
      suggestions: error.suggestions,
    })
  }
}

/** [N, …] to [N]. */
export function reduced(g: ObjectiveScope['g'], x: Value, reduce: Reduction): Value {
  const axes = x.shape.map((_, axis) => axis).slice(1)
  return axes.length === 0 ? x : g[reduce](x, axes, false)
}

function* tensorsIn(tree: Expression): Generator<Extract<Expression, { kind: 'tensor' }>> {
  if (tree.kind === 'tensor') yield tree
  else if (tree.kind === 'minus') yield* tensorsIn(tree.of)
  else if (tree.kind === 'operation') for (const side of [tree.left, tree.right]) yield* tensorsIn(side)
  else if (tree.kind === 'call') for (const each of tree.arguments) yield* tensorsIn(each)
}

const isReduction = (name: string, count: number): boolean =>
  name === 'sum' || name === 'mean' || ((name === 'max' || name === 'min') && count === 1)

/** The shape of a formula, [N, …]; [] for plain numbers. Checks everything on the way. */
function shapeOf(source: string, tree: Expression, tensors: ReadonlyMap<string, Value>): Shape {
  const of = (inner: Expression): Shape => shapeOf(source, inner, tensors)
  switch (tree.kind) {
    case 'number':
      return []
    case 'minus':
      return of(tree.of)
    case 'tensor': {
      const { shape } = tensors.get(tree.name) as Value
      const { indices, name, at } = tree
      if (indices.length > shape.length - 1)
        throw syntax(source, at, `${name} ${shapeText(shape)} has ${shape.length - 1} axes after the batch, not ${indices.length}`)
      indices.forEach((index, i) => {
        const size = Number(shape[i + 1])
        if (index !== undefined && !(index >= -size && index < size))
          throw syntax(source, at, `${index} lies outside axis ${i + 1} of ${name} ${shapeText(shape)}`)
      })
      return shape.filter((_, axis) => axis === 0 || indices[axis - 1] === undefined)
    }
    case 'call': {
      const shapes = tree.arguments.map(of)
      const shape = shapes.reduce((a, b) => joined(source, tree.at, a, b))
      return isReduction(tree.name, shapes.length) ? shape.slice(0, 1) : shape
    }
    case 'operation':
      return joined(source, tree.at, of(tree.left), of(tree.right))
  }
}

/** Numbers and single values go with everything; other shapes must be the same. */
function joined(source: string, at: number, a: Shape, b: Shape): Shape {
  if (a.length <= 1) return b.length === 0 ? a : b
  if (b.length <= 1) return a
  if (a.length === b.length && a.every((dim, i) => dim === b[i])) return a
  throw syntax(source, at, `the shapes ${shapeText(a)} and ${shapeText(b)} do not fit together`)
}

type Result = Value | number

function emit(scope: ObjectiveScope, tree: Expression, tensors: ReadonlyMap<string, Value>): Result {
  const { g } = scope
  const of = (inner: Expression): Result => emit(scope, inner, tensors)
  switch (tree.kind) {
    case 'number':
      return tree.value
    case 'minus': {
      const value = of(tree.of)
      return typeof value === 'number' ? -value : g.neg(value)
    }
    case 'tensor': {
      const value = tensors.get(tree.name) as Value
      const read = scope.read(value.name)
      return indexed(g, isFloat(read.type) && read.type !== 'float32' ? g.cast(read, 'float32') : read, tree.indices)
    }
    case 'operation': {
      const [left, right] = aligned(g, of(tree.left), of(tree.right))
      if (typeof left === 'number' && typeof right === 'number') return calculate(tree.operator, left, right)
      return { '+': g.add, '-': g.sub, '*': g.mul, '/': g.div }[tree.operator](left, right)
    }
    case 'call':
      return called(g, tree.name, tree.arguments.map(of))
  }
}

function calculate(operator: string, a: number, b: number): number {
  return operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b
}

function called(g: ObjectiveScope['g'], name: Extract<Expression, { kind: 'call' }>['name'], given: readonly Result[]): Result {
  const values = given.map((each) => (typeof each === 'number' ? g.floats([each], [1], 'float32') : each))
  const [first] = values as [Value]
  if (isReduction(name, values.length)) {
    const axes = first.shape.map((_, axis) => axis).slice(1)
    if (axes.length === 0) return first
    return { sum: g.sum, mean: g.mean, max: g.reduceMax, min: g.reduceMin }[name as 'sum' | 'mean' | 'max' | 'min'](first, axes, false)
  }
  switch (name) {
    case 'max':
    case 'min':
      return values.reduce((a, b) => {
        const [x, y] = aligned(g, a, b) as [Value, Value]
        const shape = x.shape.length > y.shape.length || x.shape.every((dim) => typeof dim === 'string' || dim !== 1) ? x.shape : y.shape
        return g.node(name === 'max' ? 'Max' : 'Min', [x, y], { type: 'float32', shape })
      })
    case 'softmax':
      return softmax(g, first)
    default:
      return g.unary(
        { abs: 'Abs', log: 'Log', exp: 'Exp', relu: 'Relu', sigmoid: 'Sigmoid' }[name as 'abs' | 'log' | 'exp' | 'relu' | 'sigmoid'],
        first,
      )
  }
}

/** Over axis 1: the classes. */
function softmax(g: ObjectiveScope['g'], x: Value): Value {
  if (x.shape.length < 2) return g.div(x, x)
  const powers = g.unary('Exp', g.sub(x, g.reduceMax(x, [1])))
  return g.div(powers, g.sum(powers, [1]))
}

/** A single value per image beside several: [N] as [N, 1, …]. */
function aligned(g: ObjectiveScope['g'], a: Result, b: Result): [Result, Result] {
  if (typeof a === 'number' || typeof b === 'number') return [a, b]
  const rank = Math.max(a.shape.length, b.shape.length)
  const raised = (x: Value): Value =>
    x.shape.length === rank ? x : g.reshape(x, [x.shape[0] as Dim, ...Array.from({ length: rank - 1 }, () => 1)])
  return [raised(a), raised(b)]
}

function indexed(g: ObjectiveScope['g'], x: Value, indices: readonly (number | undefined)[]): Value {
  let part = x
  for (const [i, index] of indices.entries()) {
    if (index === undefined) continue
    const at = index < 0 ? index + Number(x.shape[i + 1]) : index
    part = g.slice(part, i + 1, at, at + 1)
  }
  return g.reshape(
    part,
    x.shape.filter((_, axis) => axis === 0 || indices[axis - 1] === undefined),
  )
}
