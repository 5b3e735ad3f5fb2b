/** @file NanoDet: classes, and four distributions over 8 distances, at each place. */
import type { DetectorQuestion, Verdict } from './detector.ts'
import { at, headsByStride, headsOfAll, type Place, rolesAcross } from './grids.ts'
import { makerOf, waysOf } from './score-ways.ts'

const bins = 8
/** Places of NanoDet-Plus are the corners of cells (get_single_level_center_priors), those of NanoDet their centres. */
const versions = [
  { name: 'NanoDet-Plus', strides: [8, 16, 32, 64], offset: 0 },
  { name: 'NanoDet', strides: [8, 16, 32], offset: 0.5 },
] as const

/** [N, places, L + 32] of all levels or one tensor for each, with classes and distances joined or apart. */
export function nanoDet(question: DetectorQuestion): Verdict {
  for (const version of versions) {
    const found = ofVersion(question, version)
    if (found) return found
  }
  return undefined
}

function ofVersion(question: DetectorQuestion, { name, strides, offset }: (typeof versions)[number]): Verdict {
  const all = headsOfAll(question, strides)
  const levels = headsByStride(question, strides) ?? (all && [all])
  const parts = levels && partsOf(question, levels)
  if (!parts) return undefined
  const [classes, boxes, count] = parts
  const from = classes === boxes ? count : 0
  const tensors = [...new Set([...classes.tensor, ...boxes.tensor])]
  return {
    detector: {
      family: name,
      source: 'convention',
      from: `${count} classes and ${4 * bins} numbers at each place of strides ${strides.join(', ')}`,
      readings: waysOf(question, classes).map((activation) => ({
        boxes: { ...at(boxes), from, count: 4 * bins, format: 'ltrb', units: 'cells', bins, places: { strides, offset } },
        classes: { ...at(classes), count, activation },
      })),
      roles: Object.fromEntries(tensors.map((tensor) => [tensor, 'detections'])),
    },
  }
}

/** Where classes and distances are, and how many classes; without labels the graph must show where they are joined. */
function partsOf(question: DetectorQuestion, levels: Parameters<typeof rolesAcross>[0]): [Place, Place, number] | undefined {
  const { labels } = question
  const [joined] = rolesAcross(levels, [{ channels: labels > 0 ? labels + 4 * bins : undefined, names: /./ }]) ?? []
  if (joined) {
    const count = joined.channels - 4 * bins
    const shown = count > 0 && [0, count - 1].every((k) => makerOf(question, joined, k) === 'Sigmoid')
    return labels > 0 || (shown && makerOf(question, joined, count) !== 'Sigmoid') ? [joined, joined, count] : undefined
  }
  if (labels === 0) return undefined
  const [classes, boxes] =
    rolesAcross(levels, [
      { channels: labels, names: /cls|class|score/i },
      { channels: 4 * bins, names: /dis|box|reg/i },
    ]) ?? []
  return classes && boxes ? [classes, boxes, labels] : undefined
}
