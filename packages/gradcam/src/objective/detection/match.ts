/**
 * @file The score of a finished box as nodes. Rows are sorted and suppressed anew in every image, so that a box is known by its class and
 * place, not by its row. Nothing here may depend on how many rows there are.
 */
import type { BoxChannels, Channels, Decoding } from '../../contract/decoding.ts'
import { float32, type Tensor } from '../../core/tensor.ts'
import { dense } from '../../gradient/cotangent.ts'
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import type { ObjectiveContext } from '../context.ts'
import { intersectionOverUnion } from '../detections.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'
import type { Chosen } from './best.ts'
import { type Candidates, cornersAt } from './candidates.ts'
import { type Placed, placed } from './channels.ts'

type Four = [Value, Value, Value, Value]

/**
 * y = Σ over the boxes b of max over the rows j of b's class of IoU(b, j)^p · score_j, which is the score of b's own row where the image is
 * the one at hand. p is the smallest power of two at which that row is its own best match. The gradient is that of the scores alone.
 *
 * @returns undefined where rows cannot be told apart so
 */
export function matchedScore(
  decoding: Decoding,
  chosen: readonly Chosen[],
  candidates: Candidates,
  context: ObjectiveContext,
): Pick<Objective, 'key' | 'reads' | 'feeds' | 'score' | 'seeds'> | undefined {
  const { classes, ids, boxes, angle } = decoding
  const { boxes: corners } = candidates
  if (!ids || !boxes || !corners || angle || boxes.places || boxes.grid || boxes.activations) return undefined
  const [score, number, place] = [rowsIn(classes, 'classes', context), rowsIn(ids, 'ids', context), rowsIn(boxes, 'boxes', context)]
  const powers = chosen.map((each) => powerFor(each, candidates, corners))
  if (!score || !number || !place || !powers.every((power) => power !== undefined)) return undefined
  const feed = (of: (each: Chosen, b: number) => number): Tensor => float32(chosen.map(of), [1, 1, chosen.length])
  const side = (k: number): Tensor => feed(({ candidate }) => cornersAt(corners, candidate)[k] as number)
  const key = `matched ${JSON.stringify([decoding, chosen.length])}`
  const nearness = (scope: ObjectiveScope): Value => {
    const { g, parameter, read } = scope
    const own = sides.map((k) => parameter(`side${k}`)) as Four
    const rows = cornersAsNodes(g, boxes, sides.map((k) => column(g, read(place.tensor), place.from + k)) as Four, context)
    const same = g.mask(g.equal(column(g, read(number.tensor), number.from), parameter('class')), 'float32')
    return g.mul(same, g.pow(overlaps(g, own, rows), parameter('power')))
  }
  // [N, rows + 1, boxes]: the last row is 0, so that of no rows at all the best is 0
  const scored = ({ g, read }: ObjectiveScope, near: Value): Value =>
    g.pad(g.mul(near, column(g, read(score.tensor), score.from)), [0, 0, 0], [0, 1, 0])
  return {
    key,
    reads: [...new Set([score.tensor, place.tensor, number.tensor])],
    feeds: {
      ...Object.fromEntries(sides.map((k) => [`side${k}`, side(k)])),
      class: feed(({ index }) => index + (ids.first ?? 0)),
      power: feed((_, b) => powers[b] as number),
    },
    score: (scope) => scope.g.sum(scope.g.reduceMax(scored(scope, nearness(scope)), [1]), [1, 2], false),
    seeds(scope) {
      const { g, read } = scope
      const near = nearness(scope)
      const all = scored(scope, near)
      const hits = g.mask(g.equal(all, g.reduceMax(all, [1])), 'float32')
      const share = g.pad(g.div(hits, g.sum(hits, [1])), [0, 0, 0], [0, -1, 0])
      const each = g.matmul(
        g.mul(share, near),
        g.floats(
          chosen.map(() => 1),
          [chosen.length, 1],
          'float32',
        ),
      )
      return [{ tensor: score.tensor, cotangent: dense(inTensor(g, each, read(score.tensor), score.from)) }]
    },
  }
}

const sides = [0, 1, 2, 3]

/** [N, rows, numbers], or [N, rows] with one number each. */
function rowsIn(part: Channels, what: string, context: ObjectiveContext): Placed | undefined {
  const [only, ...others] = placed(part, context, what)
  return others.length === 0 && only?.axis === 2 && only.groups === 1 ? only : undefined
}

// rows that overlap more than that are the same box
const highestPower = 64

/** The power at which no other row of the class is a better match; undefined where there is none, as of boxes without area. */
function powerFor({ candidate, index }: Chosen, { count, classes, classScores }: Candidates, corners: Float32Array): number | undefined {
  const own = cornersAt(corners, candidate)
  const score = (j: number): number => classScores[j * classes + index] as number
  if (!(intersectionOverUnion(own, own) > 0)) return undefined
  for (let power = 1; power <= highestPower; power *= 2) {
    let better = false
    for (let j = 0; j < count && !better; j++)
      better = j !== candidate && intersectionOverUnion(own, corners, 4 * j) ** power * score(j) > score(candidate)
    if (!better) return power
  }
  return undefined
}

/** One number of each row, float32 [N, rows, 1], or [rows, 1] of a single image. */
function column(g: Builder, x: Value, channel: number): Value {
  const values = g.cast(x, 'float32')
  if (x.shape.length === 3) return g.slice(values, 2, channel, channel + 1)
  return x.shape[0] === 1 ? g.transpose(values, [1, 0]) : g.reshape(values, [...x.shape, 1])
}

/** The reverse: [N, rows, 1] as the gradient of the whole tensor. */
function inTensor(g: Builder, each: Value, { shape, type }: Value, channel: number): Value {
  const values = g.cast(each, type)
  if (shape.length === 3) return g.pad(values, [0, 0, channel], [0, 0, Number(shape[2]) - channel - 1])
  if (shape[0] !== 1) return g.reshape(values, shape)
  return g.opset < 13
    ? g.node('Squeeze', [values], { type, shape }, { axes: [2] })
    : g.node('Squeeze', [values, g.int64([2])], { type, shape })
}

/** x1, y1, x2, y2 in pixels of the network's input. */
function cornersAsNodes(g: Builder, { format, units }: BoxChannels, [a, b, c, d]: Four, { input }: ObjectiveContext): Four {
  const [x, y, z, w] = format === 'yxyx' || format === 'cycxhw' ? [b, a, d, c] : [a, b, c, d]
  const far = (from: Value, size: Value, share: number): Value => g.add(from, g.mul(size, share))
  const four: Four =
    format === 'xyxy' || format === 'yxyx'
      ? [x, y, z, w]
      : format === 'xywh'
        ? [x, y, far(x, z, 1), far(y, w, 1)]
        : [far(x, z, -0.5), far(y, w, -0.5), far(x, z, 0.5), far(y, w, 0.5)]
  if (units === 'pixels') return four
  return four.map((value, k) => g.mul(value, k % 2 === 0 ? input.width : input.height)) as Four
}

/** Intersection over union of each row with each box, [N, rows, boxes]; 0 where there is none. */
function overlaps(g: Builder, [x1, y1, x2, y2]: Four, [a1, b1, a2, b2]: Four): Value {
  const smaller = (a: Value, b: Value): Value => g.where(g.less(a, b), a, b)
  const larger = (a: Value, b: Value): Value => g.where(g.less(a, b), b, a)
  const shared = g.mul(g.relu(g.sub(smaller(x2, a2), larger(x1, a1))), g.relu(g.sub(smaller(y2, b2), larger(y1, b1))))
  const area = (left: Value, top: Value, right: Value, bottom: Value): Value => g.mul(g.sub(right, left), g.sub(bottom, top))
  const union = g.sub(g.add(area(x1, y1, x2, y2), area(a1, b1, a2, b2)), shared)
  return g.where(g.greater(union, 0), g.div(shared, union), 0, 'float32')
}
