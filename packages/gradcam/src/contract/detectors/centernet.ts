/** @file CenterNet: a heatmap of centres for each class, and at each place the size of a box and the offset of its centre. */
import type { DetectorQuestion, Verdict } from './detector.ts'
import { at, headsByStride, inRoles, type Head, type Place } from './grids.ts'
import { waysOf } from './score-ways.ts'

const stride = 4
const heats = /^hm|heat|center/i
const sizes = /(^|[^a-z])wh|size/i
const offsets = /(^|[^a-z])reg|off/i

/** [N, L, rows, columns] with two maps of two channels at a quarter of the image. */
export function centerNet(question: DetectorQuestion): Verdict {
  const { labels, outputs, task } = question
  const [heads = []] = headsByStride(question, [stride]) ?? []
  if (heads.length !== 3 || outputs.some(({ shape }) => shape.length !== 4)) return undefined
  const roles = [
    { channels: 2, names: sizes },
    { channels: 2, names: offsets },
    { channels: labels || undefined, names: heats },
  ]
  const found = inRoles(heads, roles)
  if (!found) return task === 'segmentation' ? undefined : unnamed(heads, labels)
  const [size, offset, heat] = found.map((head): Place => ({ ...head, tensor: [head.tensor] })) as [Place, Place, Place]
  const [heatName = '', sizeName = '', offsetName = ''] = [heat, size, offset].flatMap(({ tensor }) => tensor)
  // maps of a segmentation beside two others have as many channels
  if (!sizes.test(sizeName) || !offsets.test(offsetName)) return unnamed(heads, labels)
  return {
    detector: {
      family: 'CenterNet',
      source: 'convention',
      from: `a heatmap, sizes and offsets at stride ${stride}: ${heatName}, ${sizeName}, ${offsetName}`,
      readings: waysOf(question, heat).map((activation) => ({
        boxes: { ...at(offset), format: 'cxcywh', units: 'cells', sizes: at(size), places: { strides: [stride] } },
        classes: { ...at(heat), activation },
      })),
      roles: { [heatName]: 'scores', [sizeName]: 'boxes', [offsetName]: 'boxes' },
    },
  }
}

/** Three such maps that nothing names. */
function unnamed(heads: readonly Head[], labels: number): Verdict {
  const two = heads.filter(({ channels }) => channels === 2)
  const own = heads.find(({ channels }) => channels !== 2) ?? heads[0]
  if (two.length < 2 || !own || (labels > 0 && own.channels !== labels)) return undefined
  const [a, b] = two.filter((head) => head !== own)
  const decoding = {
    classes: { tensor: own.tensor, axis: 1, activation: 'sigmoid' },
    boxes: {
      ...{ tensor: b?.tensor, axis: 1, format: 'cxcywh', units: 'cells' },
      ...{ sizes: { tensor: a?.tensor, axis: 1 }, places: { strides: [stride] } },
    },
  }
  return {
    unread: {
      what: `three maps at a quarter of the image, ${heads.map(({ tensor }) => tensor).join(', ')}, may be the heatmap, sizes and offsets of CenterNet: nothing tells which of them are sizes and which offsets`,
      hint: `say which: {"kind": "box", "class": 0, "decoding": ${JSON.stringify(decoding)}}; or name one number: \`target: "value:NAME[…]"\`; or say what it is: \`task\``,
    },
  }
}
