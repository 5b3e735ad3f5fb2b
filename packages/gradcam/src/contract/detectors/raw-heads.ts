/** @file Raw heads of no family that is known: grids of several scales whose numbers are no boxes before strides and anchors are known. */
import { shapeText } from '../../graph/graph.ts'
import { type Candidate, type DetectorQuestion, fixed, type Unread, type Verdict } from './detector.ts'

interface Head extends Candidate {
  axis: number
  rows: number
  columns: number
  channels: number
}

/** Heads of several scales, with as many numbers in each cell; or several heads of each scale. */
export function rawHeads(question: DetectorQuestion): Verdict {
  const { outputs, labels, task, size } = question
  if (task !== undefined && task !== 'detection') return undefined
  const maps = outputs.filter(({ shape }) => shape.length >= 4)
  const heads = maps.flatMap((each) => headOf(each, size) ?? [])
  const cells = [...new Set(heads.map(({ rows, columns }) => rows * columns))]
  const [first, ...others] = cells.map((count) =>
    heads.flatMap(({ rows, columns, channels }) => (rows * columns === count ? [channels] : [])).toSorted((a, b) => a - b),
  )
  if (heads.length < maps.length || !first || others.length === 0 || others.some((each) => each.join() !== first.join())) return undefined
  // a segmentation may be put out at several sizes, and beside edges and depth
  if (first.every((channels) => channels === labels && labels > 0)) return undefined
  if (first.length > 1 && !first.some((channels) => channels % 4 === 0 && channels !== labels)) return undefined
  return { unread: unreadOf(heads, question) }
}

function unreadOf(heads: readonly Head[], { labels, size }: DetectorQuestion): Unread {
  const [first] = heads
  const [rank, channels, axis] = [first?.shape.length ?? 4, first?.channels ?? 0, first?.axis ?? 1]
  const anchors = rank === 5 || (labels > 0 && channels % (labels + 5) === 0)
  const strides = size && heads.map(({ rows }) => Math.round(size.height / rows))
  const listed = heads.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(', ')
  const missing = anchors ? 'strides and anchors' : 'strides'
  const what = `these are grids of several scales, as the raw heads of a detector are, ${listed}: boxes need ${missing}, which the file does not hold`
  const others = 'export the model with its decoding; or explain one number: `target: "value:NAME[…]"`, or an expression over the heads'
  if (!anchors)
    return { what, hint: `describe boxes with a decoding: {"kind": "box", …, "places": {"strides": …}}, see docs/targets.md; ${others}` }
  const each = rank === 5 || labels === 0 ? 1 : channels / (labels + 5)
  const place = { tensor: heads.map(({ name }) => name), axis, ...(each > 1 ? { groups: each } : {}) }
  const decoding = {
    classes: { ...place, from: 5, activation: 'sigmoid' },
    objectness: { ...place, from: 4, count: 1, activation: 'sigmoid' },
    boxes: {
      ...{ ...place, count: 4, format: 'cxcywh', units: 'cells', activations: ['sigmoid', 'sigmoid', 'exp', 'exp'] },
      places: { strides: strides ?? [8, 16, 32], anchors: '…' },
    },
  }
  const given = `give the anchors, [width, height] in pixels, a list for each head: {"kind": "box", "class": 0, "decoding": ${JSON.stringify(decoding).replace('"…"', '[[[10, 13], …], …]')}}`
  const version5 = 'of YOLO v5 and v7 with "stretch": 2 and "squared-sigmoid" sizes'
  return { what, hint: `${given}, ${version5}, see docs/targets.md; or ${others}` }
}

/** Cells and numbers of a head: [N, anchors, rows, columns, numbers], [N, numbers, rows, columns], or the numbers last. */
function headOf(output: Candidate, size: DetectorQuestion['size']): Head | undefined {
  const dims = output.shape.slice(1).map(fixed)
  if (!dims.every((dim) => dim !== undefined)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = dims
  if (dims.length === 4) return { ...output, axis: 4, rows: b, columns: c, channels: d }
  if (dims.length !== 3) return undefined
  if (isGrid(b, c, size)) return { ...output, axis: 1, channels: a, rows: b, columns: c }
  return isGrid(a, b, size) ? { ...output, axis: 3, channels: c, rows: a, columns: b } : undefined
}

/** Whether one stride, rounded up or down, makes a grid of the image; where its sides are free, whether the grid is square. */
function isGrid(rows: number, columns: number, size: DetectorQuestion['size']): boolean {
  if (!size) return rows === columns
  const least = Math.max(size.height / (rows + 1), size.width / (columns + 1))
  return least < Math.min(size.height / (rows - 1), size.width / (columns - 1))
}
