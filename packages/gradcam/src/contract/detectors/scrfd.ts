/** @file SCRFD: scores of faces, distances to their edges, and perhaps five points, in outputs of their own at strides 8, 16 and 32. */
import type { DetectorQuestion, Verdict } from './detector.ts'
import { at, boxRole, headsByStride, rolesAcross } from './grids.ts'
import { waysOf } from './score-ways.ts'

const strides = [8, 16, 32]

/** [N, places, 1], [N, places, 4] and [N, places, 10] of each stride, in any order: outputs are told by their counts. */
export function scrfd(question: DetectorQuestion): Verdict {
  if (question.labels > 1) return undefined
  for (const per of [2, 1]) {
    const levels = headsByStride(question, strides, per)
    const roles = [{ channels: 1, names: /score|cls|conf/i }, boxRole, { channels: 10, names: /kps|point|landmark/i }]
    const [scores, boxes, points] = (levels && (rolesAcross(levels, roles) ?? rolesAcross(levels, roles.slice(0, 2)))) ?? []
    if (!scores || !boxes) continue
    return {
      detector: {
        family: 'SCRFD',
        source: 'convention',
        from: `one score and four distances for ${per === 1 ? 'each place' : 'two anchors at each place'} of strides ${strides.join(', ')}`,
        // distances are in cells, from the corner of a cell; all anchors of one place follow each other
        readings: waysOf(question, scores).map((activation) => ({
          boxes: { ...at(boxes), format: 'ltrb', units: 'cells', places: { strides, order: 'places' } },
          classes: { ...at(scores), activation },
        })),
        roles: Object.fromEntries([
          ...scores.tensor.map((name) => [name, 'scores']),
          ...boxes.tensor.map((name) => [name, 'boxes']),
          ...(points?.tensor ?? []).map((name) => [name, 'keypoints']),
        ]),
      },
    }
  }
  return undefined
}
