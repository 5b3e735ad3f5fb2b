/** @file The score of boxes as nodes: objectness^a · class^b of the candidates that are fed. */
import { float32, type Tensor } from '../../core/tensor.ts'
import type { Dim, Value } from '../../graph/graph.ts'
import type { ObjectiveContext } from '../context.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'
import type { Chosen } from './best.ts'
import type { Candidates } from './candidates.ts'
import { countOf, levelOf, type Placed, placed } from './channels.ts'
import type { Activation, Decoding } from '../../contract/decoding.ts'

/** What of a box is explained: objectness^a · class^b, or one of the two. */
export type BoxPart = 'score' | 'objectness' | 'class'

/** y = Σ over the boxes of objectness^a · class^b; which boxes and classes is fed, [1, boxes, candidates] for each tensor and [1, boxes, classes]. */
export function boxScore(
  part: BoxPart,
  { classes, ids, objectness, exponents = {} }: Decoding,
  chosen: readonly Chosen[],
  { classes: several }: Candidates,
  context: ObjectiveContext,
): Pick<Objective, 'key' | 'reads' | 'feeds' | 'score'> {
  const ones = (length: number, at: (each: Chosen) => number | undefined): Tensor => {
    const data = new Float32Array(chosen.length * length)
    for (const [b, each] of chosen.entries()) {
      const i = at(each)
      if (i !== undefined) data[b * length + i] = 1
    }
    return float32(data, [1, chosen.length, length])
  }
  // a class that is a number has the only score of its candidate
  const width = ids ? 1 : several
  const sure = objectness && part !== 'class' ? levelsMeant(placed(objectness, context, 'objectness'), chosen) : undefined
  const scores = part === 'objectness' ? undefined : levelsMeant(placed(classes, context, 'classes'), chosen)
  const power = (g: ObjectiveScope['g'], x: Value, exponent = 1): Value => (exponent === 1 || part !== 'score' ? x : g.pow(x, exponent))
  // a box lies in one level: it is zero in the sums over the others
  const picked = (scope: ObjectiveScope, levels: readonly Meant[], activation: Activation | undefined): Value => {
    const { g } = scope
    const rows = levels.map((each) => g.slice(pickedCandidates(scope, each), 2, each.place.from, each.place.from + each.place.count))
    return activate(
      g,
      rows.reduce((x, y) => g.add(x, y)),
      activation,
    )
  }
  const all = [...(sure ?? []), ...(scores ?? [])]
  return {
    key: `box ${JSON.stringify([part, classes, objectness, exponents, chosen.length, all.map(({ place }) => place.tensor)])}`,
    reads: [...new Set(all.map(({ place }) => place.tensor))],
    feeds: {
      ...Object.fromEntries(
        all.map(({ start, place: { candidates } }) => [
          boxesFrom(start, candidates),
          ones(candidates, ({ candidate }) => (candidate >= start && candidate < start + candidates ? candidate - start : undefined)),
        ]),
      ),
      ...(scores ? { classes: ones(width, ({ index }) => (ids ? 0 : index)) } : {}),
    },
    score(scope) {
      const { g, parameter } = scope
      const factors: Value[] = []
      if (sure) factors.push(power(g, g.sum(picked(scope, sure, objectness?.activation), [2], false), exponents.objectness))
      if (scores) {
        const row = picked(scope, scores, classes.activation)
        const from = classes.background === 'first' ? 1 : 0
        const mine = g.mul(g.slice(row, 2, from, from + width), g.cast(parameter('classes'), row.type))
        factors.push(power(g, g.sum(mine, [2], false), exponents.classes))
      }
      const product = factors.reduce((x, y) => g.mul(x, y))
      return g.sum(product, [1], false) // [N, boxes] to [N]
    },
  }
}

/** A level that some of the boxes lie in, and the number of its first candidate. */
interface Meant {
  place: Placed
  start: number
}

function levelsMeant(levels: readonly Placed[], chosen: readonly Chosen[]): Meant[] {
  const meant = new Set(chosen.map(({ candidate }) => levelOf(levels, candidate).level))
  return levels.flatMap((place, i) => (meant.has(i) ? [{ place, start: countOf(levels.slice(0, i)) }] : []))
}

// objectness and classes may have levels of their own
const boxesFrom = (start: number, candidates: number): string => `boxes ${start}+${candidates}`

/** All channels of the boxes that are meant, [N, boxes, channels]; zeros for those of other levels. */
function pickedCandidates({ g, read, parameter }: ObjectiveScope, { place, start }: Meant): Value {
  const { tensor, axis, groups, channels, candidates } = place
  const given = read(tensor)
  // one number for each candidate
  const x = axis === given.shape.length ? g.reshape(given, [...given.shape, 1]) : given
  const apart = groups === 1 ? x : g.reshape(x, [...x.shape.slice(0, axis), groups, channels, ...x.shape.slice(axis + 1)])
  const last = groups === 1 ? axis : axis + 1
  const order = [...apart.shape.keys()].filter((i) => i !== last)
  const rows = g.reshape(g.transpose(apart, [...order, last]), [x.shape[0] as Dim, candidates, channels])
  return g.matmul(g.cast(parameter(boxesFrom(start, candidates)), x.type), rows)
}

function activate(g: ObjectiveScope['g'], x: Value, activation: Activation | undefined): Value {
  if (activation === 'sigmoid') return g.unary('Sigmoid', x)
  if (activation === 'tanh') return g.unary('Tanh', x)
  if (activation === 'exp') return g.unary('Exp', x)
  if (activation === 'squared-sigmoid') return g.pow(g.mul(g.unary('Sigmoid', x), 2), 2)
  return activation === 'softmax' ? g.node('Softmax', [x], x, { axis: 2 }) : x
}
