/** @file How much of a box that is meant is still found in a changed image. */
import { type Detections, intersectionOverUnion, type MeantBox } from '../../objective/detections.ts'

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
