/** @file D-RISE: RISE for boxes, with how much of the box is still found as the score. */
import { badOption } from '../../core/errors.ts'
import { float32, type Tensor } from '../../core/tensor.ts'
import { defineMethod } from '../definition.ts'
import { type Detections, intersectionOverUnion, type MeantBox } from '../../objective/detections.ts'
import { maskedMap, maskOptions } from './masked.ts'

/** RISE with the similarity of all boxes to the one that is meant as y (Petsiuk et al., CVPR 2021, arXiv:2006.03204); several: their mean. */
export const dRise = defineMethod({
  name: 'd-rise',
  title: 'D-RISE',
  family: 'perturbation',
  source: 'Petsiuk et al. 2021, arXiv:2006.03204',
  cost: 'masks (5000 by default)',
  options: maskOptions(5000, 16),
  run(context, options) {
    const { detections, label } = context.objective
    if (!detections || detections.meant.length === 0)
      throw badOption(`d-rise explains boxes of a detector, and ${label} is none`, 'explain a box, or use rise')
    const shapes = detections.reads.map((name) => [1, ...context.info.value(name).shape.slice(1).map(Number)])
    return maskedMap(context, options, {
      measure: 'similarity',
      key: `detections ${JSON.stringify(detections.reads)}`,
      outputs: ({ g, info }) => Object.fromEntries(detections.reads.map((name, k) => [`read${k}`, g.cast(info.value(name), 'float32')])),
      weight(outputs, i, size) {
        const tensors = detections.reads.map((name, k): [string, Tensor] => {
          const rows = outputs[`read${k}`] ?? new Float32Array()
          const length = rows.length / size
          return [name, float32(rows.slice(i * length, (i + 1) * length), asLong(shapes[k] ?? [], length))]
        })
        const found = detections.read(Object.fromEntries(tensors))
        return detections.meant.reduce((sum, box) => sum + similarity(box, found), 0) / detections.meant.length
      },
    })
  },
})

/** As many candidates as are left in another image. */
function asLong([batch = 1, ...rest]: readonly number[], length: number): number[] {
  const [count, ...each] = rest
  const size = each.reduce((n, dim) => n * dim, 1)
  return count === undefined || count * size === length ? [batch, ...rest] : [batch, length / size, ...each]
}

/**
 * max over candidates j of IoU(box, box_j) · cos(classes, classes_j) · objectness_j: the similarity of Petsiuk et al.,
 * CVPR 2021, arXiv:2006.03204.
 */
export function similarity({ box, classScores: meant }: MeantBox, { count, classes, classScores, objectness, boxes }: Detections): number {
  let best = 0
  for (let j = 0; j < count; j++) {
    const place = intersectionOverUnion(box, boxes, 4 * j) * (objectness[j] as number)
    // no cosine is above 1
    if (place > best) best = Math.max(best, place * cosine(meant, classScores.subarray(j * classes, (j + 1) * classes)))
  }
  return best
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab === 0 ? 0 : ab / Math.sqrt(aa * bb)
}
