/** @file YOLO v8 and later before its boxes are decoded: four distributions over 16 distances, and a logit for each class. */
import type { Decoding } from '../decoding.ts'
import type { DetectorQuestion, Verdict } from './detector.ts'
import { at, headsByStride, headsOfAll, type Place, rolesAcross } from './grids.ts'
import { waysOf } from './score-ways.ts'

const strides = [8, 16, 32]
const bins = 16

/** [N, 64 + L, rows, columns] at strides 8, 16 and 32, or 64 and L apart, or all places in one axis. */
export function yoloRaw(question: DetectorQuestion): Verdict {
  const { labels } = question
  if (labels === 0) return undefined
  const all = headsOfAll(question, strides)
  const levels = headsByStride(question, strides) ?? (all && [all])
  if (!levels) return undefined
  const [joined] = rolesAcross(levels, [{ channels: 4 * bins + labels, names: /./ }]) ?? []
  const parts = rolesAcross(levels, [
    { channels: 4 * bins, names: /box|reg|cv2/i },
    { channels: labels, names: /cls|class|score|cv3/i },
  ])
  const [boxes, classes] = joined ? [joined, joined] : (parts ?? [])
  if (!boxes || !classes) return undefined
  const from = joined ? 4 * bins : 0
  const readings = waysOf(question, classes, from).map((activation) => ({
    ...boxesOf(boxes),
    classes: { ...at(classes), from, count: labels, activation },
  }))
  const tensors = [...new Set([...boxes.tensor, ...classes.tensor])]
  return {
    detector: {
      family: 'YOLO v8 or later, raw',
      source: 'convention',
      from: `${4 * bins} numbers and ${labels} classes at each place of strides ${strides.join(', ')}`,
      readings,
      roles: Object.fromEntries(tensors.map((name) => [name, 'detections'])),
    },
  }
}

/** Distances from the centre of a cell to the edges, in cells. */
const boxesOf = (place: Place): Pick<Decoding, 'boxes'> => ({
  boxes: { ...at(place), count: 4 * bins, format: 'ltrb', units: 'cells', bins, places: { strides, offset: 0.5 } },
})
