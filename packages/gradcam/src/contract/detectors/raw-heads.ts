/** @file Raw heads: grids of several scales whose numbers are no boxes before strides and anchors are known. */
import { shapeText } from '../../graph/graph.ts'
import { type Candidate, type DetectorQuestion, fixed, type Verdict } from './detector.ts'

/** Heads of several scales, with as many numbers in each cell. */
export function rawHeads({ outputs, labels, task }: DetectorQuestion): Verdict {
  if (task !== undefined && task !== 'detection') return undefined
  const heads = outputs.filter(({ shape }) => shape.length >= 4).map((each) => ({ ...each, grid: gridOf(each) }))
  if (heads.length < 2) return undefined
  const [first] = heads
  const sizes = new Set(heads.map(({ grid }) => grid?.cells))
  const alike = heads.every(({ grid }) => grid !== undefined && grid.channels === first?.grid?.channels)
  if (!alike || sizes.size !== heads.length) return undefined
  const channels = first?.grid?.channels ?? 0
  // a segmentation may be put out at several sizes
  if (labels > 0 && channels === labels) return undefined
  const anchors = first?.shape.length === 5 || (labels > 0 && channels % (labels + 5) === 0)
  const listed = heads.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(', ')
  return {
    unread: {
      what: `these are grids of several scales, as the raw heads of a detector are, ${listed}: boxes need ${anchors ? 'strides and anchors' : 'strides'}, which the file does not hold`,
      hint: 'export the model with its decoding; or explain one number: `target: "value:NAME[…]"`, or an expression over the heads',
    },
  }
}

/** Cells and numbers of a head: [N, anchors, rows, columns, numbers], [N, numbers, rows, columns], or the numbers last. */
function gridOf({ shape }: Candidate): { cells: number; channels: number } | undefined {
  const dims = shape.slice(1).map(fixed)
  if (!dims.every((dim) => dim !== undefined)) return undefined
  const [a, b, c, d] = dims
  if (dims.length === 4) return { cells: (b as number) * (c as number), channels: d as number }
  if (dims.length !== 3) return undefined
  return b === c
    ? { cells: (b as number) * (c as number), channels: a as number }
    : { cells: (a as number) * (b as number), channels: c as number }
}
