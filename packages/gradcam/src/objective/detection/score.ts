/** @file The score of boxes as nodes: objectness^a · class^b of the candidates that are fed. */
import { float32, type Tensor } from '../../core/tensor.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import type { ObjectiveContext } from '../context.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'
import { type Candidates, type Chosen, type Placed, placed } from './candidates.ts'
import type { Activation, Decoding } from '../../contract/decoding.ts'

/** What of a box is explained: objectness^a · class^b, or one of the two. */
export type BoxPart = 'score' | 'objectness' | 'class'

/** y = Σ over the boxes of objectness^a · class^b; which boxes and classes is fed, [1, boxes, candidates] and [1, boxes, classes]. */
export function boxScore(
  part: BoxPart,
  { classes, ids, objectness, exponents = {} }: Decoding,
  chosen: readonly Chosen[],
  { count, classes: several }: Candidates,
  context: ObjectiveContext,
): Pick<Objective, 'key' | 'reads' | 'feeds' | 'score'> {
  const ones = (length: number, at: (each: Chosen) => number): Tensor => {
    const data = new Float32Array(chosen.length * length)
    for (const [b, each] of chosen.entries()) data[b * length + at(each)] = 1
    return float32(data, [1, chosen.length, length])
  }
  // a class that is a number has the only score of its candidate
  const width = ids ? 1 : several
  const sure = objectness && part !== 'class' ? placed(objectness, context, 'objectness') : undefined
  const scores = part === 'objectness' ? undefined : placed(classes, context, 'classes')
  const power = (g: ObjectiveScope['g'], x: Value, exponent = 1): Value => (exponent === 1 || part !== 'score' ? x : g.pow(x, exponent))
  const picked = (scope: ObjectiveScope, place: Placed, activation: Activation | undefined): Value => {
    const x = pickedCandidates(scope, place, count)
    return activate(scope.g, scope.g.slice(x, 2, place.from, place.from + place.count), activation)
  }
  return {
    key: `box ${JSON.stringify([part, classes, objectness, exponents, chosen.length])}`,
    reads: [...new Set([sure?.tensor, scores?.tensor].filter((name) => name !== undefined))],
    feeds: {
      boxes: ones(count, ({ candidate }) => candidate),
      ...(scores ? { classes: ones(width, ({ index }) => (ids ? 0 : index)) } : {}),
    },
    score(scope) {
      const { g, parameter } = scope
      const factors: Value[] = []
      if (sure) factors.push(power(g, g.sum(picked(scope, sure, objectness?.activation), [2], false), exponents.objectness))
      if (scores) {
        const all = picked(scope, scores, classes.activation)
        const from = classes.background === 'first' ? 1 : 0
        const mine = g.mul(g.slice(all, 2, from, from + width), g.cast(parameter('classes'), all.type))
        factors.push(power(g, g.sum(mine, [2], false), exponents.classes))
      }
      const product = factors.reduce((x, y) => g.mul(x, y))
      return g.sum(product, [1], false) // [N, boxes] to [N]
    },
  }
}

/** All channels of the boxes that are meant, [N, boxes, channels]. */
function pickedCandidates({ g, read, parameter }: ObjectiveScope, { tensor, axis }: Placed, count: number): Value {
  const x = read(tensor)
  const order = [...x.shape.keys()].filter((i) => i !== axis)
  const rows = g.reshape(g.transpose(x, [...order, axis]), [x.shape[0] as Dim, count, x.shape[axis] as Dim])
  return g.matmul(g.cast(parameter('boxes'), x.type), rows)
}

function activate(g: ObjectiveScope['g'], x: Value, activation: Activation | undefined): Value {
  if (activation === 'sigmoid') return g.unary('Sigmoid', x)
  if (activation === 'tanh') return g.unary('Tanh', x)
  return activation === 'softmax' ? g.node('Softmax', [x], x, { axis: 2 }) : x
}
