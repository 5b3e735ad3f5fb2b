/** @file Any formula over tensors of the network as the score. */
import type { Builder } from '../../graph/emit.ts'
import { broadcastShape, type Dim, type Shape, shapeText, type Value } from '../../graph/graph.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { type Expression, type FunctionName, parseExpression, syntax } from '../expression/parse.ts'
import { reduction, text } from '../fields.ts'
import type { ObjectiveKind, Reduction } from '../kind.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'

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
  make: async (spec, context) => [expressionObjective(spec, context)],
}

/** y = the formula's value for each image; several values are summed or averaged. */
function expressionObjective({ expression: source, reduce = 'sum' }: ExpressionSpec, context: ObjectiveContext): Objective {
  const tensors = new Map<string, Value>()
  const named = (name: string): Value => {
    const tensor = tensors.get(name) ?? tensorNamed(context, name, quoted)
    tensors.set(name, tensor)
    return tensor
  }
  const { shape, emit } = formulaOf(source, parseExpression(source), named)
  if (tensors.size === 0) throw syntax(source, 0, 'it names no tensor of the network')
  return {
    key: `expression ${reduce} ${source}`,
    label: source.length > 60 ? `${source.slice(0, 59)}…` : source,
    reads: [...new Set(Array.from(tensors.values(), ({ name }) => name))],
    feeds: {},
    score: (scope) => reduced(scope.g, emit(scope), reduce),
    details: { expression: source, shape: shape.slice(1), reduce },
  }
}

/** Names with other characters stand in quotes. */
const quoted = (name: string): string => (/[^\w.]/.test(name) ? `'${name}'` : name)

/** [N, …] to [N]. */
export function reduced(g: Builder, x: Value, reduce: Reduction | 'reduceMax' | 'reduceMin'): Value {
  const axes = x.shape.map((_, axis) => axis).slice(1)
  return axes.length === 0 ? x : g[reduce](x, axes, false)
}

/** A formula whose shape is known and fits. */
interface Formula {
  /** [N, …]; [] for plain numbers. */
  shape: Shape
  emit(scope: ObjectiveScope): Value
}

function formulaOf(source: string, tree: Expression, named: (name: string) => Value): Formula {
  const of = (inner: Expression): Formula => formulaOf(source, inner, named)
  switch (tree.kind) {
    case 'number':
      return { shape: [], emit: ({ g }) => g.floats([tree.value], [], 'float32') }
    case 'tensor': {
      const tensor = named(tree.name)
      checkIndices(source, tree, tensor)
      return {
        shape: left(tensor.shape, tree.indices),
        emit: ({ g, read }) => indexed(g, g.cast(read(tensor.name), 'float32'), tree.indices),
      }
    }
    case 'operation': {
      const [a, b] = [of(tree.left), of(tree.right)]
      return {
        shape: joined(source, tree.at, a.shape, b.shape),
        emit: (scope) => scope.g[operators[tree.operator]](...aligned(scope.g, a.emit(scope), b.emit(scope))),
      }
    }
    case 'call': {
      const given = tree.arguments.map(of)
      const shape = given.map((each) => each.shape).reduce((a, b) => joined(source, tree.at, a, b))
      const reduces = tree.name in reductions && given.length === 1
      return {
        shape: reduces ? shape.slice(0, 1) : shape,
        emit: (scope) =>
          called(
            scope.g,
            tree.name,
            given.map(({ emit }) => emit(scope)),
          ),
      }
    }
  }
}

function checkIndices(source: string, { indices, name, at }: Extract<Expression, { kind: 'tensor' }>, { shape }: Value): void {
  if (indices.length > shape.length - 1)
    throw syntax(source, at, `${name} ${shapeText(shape)} has ${shape.length - 1} axes after the batch, not ${indices.length}`)
  for (const [i, index] of indices.entries()) {
    const size = Number(shape[i + 1])
    if (index !== undefined && !(index >= -size && index < size))
      throw syntax(source, at, `${index} lies outside axis ${i + 1} of ${name} ${shapeText(shape)}`)
  }
}

/** Numbers and single values go with everything; other shapes must be the same. */
function joined(source: string, at: number, a: Shape, b: Shape): Shape {
  if (a.length <= 1) return b.length === 0 ? a : b
  if (b.length <= 1) return a
  if (a.length === b.length && a.every((dim, i) => dim === b[i])) return a
  throw syntax(source, at, `the shapes ${shapeText(a)} and ${shapeText(b)} do not fit together`)
}

const operators = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' } as const
const reductions = { sum: 'sum', mean: 'mean', max: 'reduceMax', min: 'reduceMin' } as const
const functions = { abs: 'Abs', log: 'Log', exp: 'Exp', relu: 'Relu', sigmoid: 'Sigmoid' } as const

function called(g: Builder, name: FunctionName, values: readonly Value[]): Value {
  const [first] = values as [Value]
  if ((name === 'max' || name === 'min') && values.length > 1)
    return values.reduce((a, b) => {
      const [x, y] = aligned(g, a, b)
      return g.node(name === 'max' ? 'Max' : 'Min', [x, y], { type: 'float32', shape: broadcastShape(x.shape, y.shape) })
    })
  if (name === 'sum' || name === 'mean' || name === 'max' || name === 'min') return reduced(g, first, reductions[name])
  return name === 'softmax' ? softmax(g, first) : g.unary(functions[name], first)
}

/** Over axis 1: the classes. */
function softmax(g: Builder, x: Value): Value {
  if (x.shape.length < 2) return g.div(x, x)
  const powers = g.unary('Exp', g.sub(x, g.reduceMax(x, [1])))
  return g.div(powers, g.sum(powers, [1]))
}

/** A single value per image beside several: [N] as [N, 1, …]. */
function aligned(g: Builder, a: Value, b: Value): [Value, Value] {
  const rank = Math.max(a.shape.length, b.shape.length)
  const raised = (x: Value): Value =>
    x.shape.length === 1 && rank > 1 ? g.reshape(x, [x.shape[0] as Dim, ...Array.from({ length: rank - 1 }, () => 1)]) : x
  return [raised(a), raised(b)]
}

function indexed(g: Builder, x: Value, indices: readonly (number | undefined)[]): Value {
  let part = x
  for (const [i, index] of indices.entries()) {
    if (index === undefined) continue
    const at = index < 0 ? index + Number(x.shape[i + 1]) : index
    part = g.slice(part, i + 1, at, at + 1)
  }
  return g.reshape(part, left(x.shape, indices))
}

/** The axes that keep their length: the batch, and those without an index. */
const left = (shape: Shape, indices: readonly (number | undefined)[]): Shape =>
  shape.filter((_, axis) => axis === 0 || indices[axis - 1] === undefined)
