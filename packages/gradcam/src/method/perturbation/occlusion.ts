/** @file Occlusion sensitivity: how much the score falls when a patch of the image is covered. */
import { badOption, warn } from '../../core/errors.ts'
import type { Size } from '../../core/pixels.ts'
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { changeOf, changeOption } from '../convergence.ts'
import { defineMethod, type Outcome } from '../definition.ts'
import { neutralOption } from '../neutral-option.ts'
import { choiceOption, numberOption, type ValuesOf, wholeOption } from '../options.ts'
import { neutralImage } from '../../run/neutral.ts'
import { unmoved } from '../unmoved.ts'
import { scoreKindOf, scoreOf, scoreOption } from './score.ts'
import { borders, type Span, windowsAlong } from './windows.ts'

interface Window {
  row: Span
  column: Span
}

// as many images as other methods of this family may show
const maxWindows = 1_000_000

const nowhere: Window = { row: { start: 0, end: 0 }, column: { start: 0, end: 0 } }

const options = {
  patch: numberOption(0.2, [0.001, 1], 'side of the window, as a part of the image'),
  stride: numberOption(0.1, [0.001, 1], 'step of the window, as a part of the image'),
  patchPixels: wholeOption(0, [0, 16384], 'side of the window in pixels; 0: as patch says'),
  stridePixels: wholeOption(0, [0, 16384], 'step in pixels; 0: as stride says'),
  border: choiceOption(
    'clip',
    borders,
    'windows cut off at the far border, only whole ones inside, or centred on the steps and cut off all round',
  ),
  fill: neutralOption('mean', 'what covers'),
  tolerance: changeOption('the last part of the windows (of four, each all over the image)'),
  output: choiceOption('pixels', ['pixels', 'grid'], 'a value per pixel, or one per window'),
  score: scoreOption('logit'),
}

/** y(x) − y(x with a window filled), Zeiler and Fergus, ECCV 2014, arXiv:1311.2901; windows that overlap are averaged. */
export const occlusion = defineMethod({
  name: 'occlusion',
  title: 'Occlusion sensitivity',
  family: 'perturbation',
  signed: 'evidence',
  source: 'Zeiler and Fergus 2014, arXiv:1311.2901',
  cost: '1 + windows (about 100 by default)',
  options,
  async run(context, { tolerance, output, fill: covering, score: wanted, ...placing }) {
    const { height, width, channels } = context.image
    const [rows, columns] = [spans(height, context.image, placing), spans(width, context.image, placing)]
    const count = rows.length * columns.length
    if (count > maxWindows)
      throw badOption(
        `${count} windows would be covered one by one; the limit is ${maxWindows}`,
        'take a longer `stride`: a tenth of the image is usual',
      )
    const grid = output === 'grid'
    if (grid && tolerance > 0) {
      throw badOption('a grid has a value for every window: none can be left out', 'leave out `options.tolerance`, or `options.output`')
    }
    const parts = tolerance > 0 ? inParts(rows, columns) : [inOrder(rows, columns)]
    const windows = parts.flat()
    const measure = scoreKindOf(context, wanted)
    const forward = await context.forward({
      key: 'covered',
      feeds: { window: { shape: [4], each: true }, fill: { shape: [channels, height, width], each: false } },
      image: (g, image, fed) => g.where(inside(g, fed('window'), height, width), fed('fill'), image),
      outputs: (context) => ({ score: scoreOf(context, measure) }),
    })
    const fill = neutralImage(context, covering)
    const scores = new Float32Array(windows.length + 1)
    const map = (count: number): Outcome => averaged(windows.slice(0, count), dropsOf(scores, count), height, width)
    let used = windows.length
    let before: Float32Array | undefined
    await forward.each(
      windows.length + 1,
      (from, size) => {
        const window = new Float32Array(4 * size)
        for (let i = 0; i < size; i++) {
          // the first item covers nothing
          const { row, column } = windows[from + i - 1] ?? nowhere
          window.set([row.start, row.end, column.start, column.end], 4 * i)
        }
        return { window, fill }
      },
      ({ score = new Float32Array() }, from, size) => {
        scores.set(score, from)
        let end = 0
        for (const part of parts) {
          end += part.length
          // the part ends in this batch
          if (end + 1 <= from || end + 1 > from + size || end === windows.length) continue
          const { data, warnings = [] } = map(end)
          const change = before && warnings.length === 0 ? changeOf(before, data) : Number.POSITIVE_INFINITY
          before = data
          if (change > tolerance) continue
          used = end
          return 'stop'
        }
        return undefined
      },
    )
    const details = {
      ...{ measure, score: scores[0], windows: used, grid: [rows.length, columns.length] },
      ...(tolerance > 0 ? { converged: used < windows.length } : {}),
    }
    const still = await unmoved(context, scores.subarray(0, used + 1))
    if (grid) return { width: columns.length, height: rows.length, data: dropsOf(scores, used), details, unmoved: still }
    return { ...map(used), details, unmoved: still }
  },
})

/** How much the score falls under each of the first windows; the first score is that of the whole image. */
function dropsOf(scores: Float32Array, count: number): Float32Array {
  const [score = Number.NaN] = scores
  return scores.slice(1, count + 1).map((value) => score - value)
}

const inOrder = (rows: readonly Span[], columns: readonly Span[]): Window[] =>
  rows.flatMap((row) => columns.map((column): Window => ({ row, column })))

/** Every second window of every second row and the last ones, then those between them: each part lies all over the image. */
function inParts(rows: readonly Span[], columns: readonly Span[]): Window[][] {
  const isFirst = (spans: readonly Span[], i: number): boolean => i % 2 === 0 || i === spans.length - 1
  const firstOf = (spans: readonly Span[]): Span[] => spans.filter((_, i) => isFirst(spans, i))
  const othersOf = (spans: readonly Span[]): Span[] => spans.filter((_, i) => !isFirst(spans, i))
  const parts = [
    inOrder(firstOf(rows), firstOf(columns)),
    inOrder(othersOf(rows), othersOf(columns)),
    inOrder(firstOf(rows), othersOf(columns)),
    inOrder(othersOf(rows), firstOf(columns)),
  ]
  // a single row leaves some of them empty
  return parts.filter((part) => part.length > 0)
}

type Placing = Omit<ValuesOf<typeof options>, 'tolerance' | 'output' | 'fill' | 'score'>

/** Windows along one axis of the image. */
function spans(length: number, { height, width }: Size, placing: Placing): Span[] {
  const { patch: share, stride, patchPixels: pixels, stridePixels, border } = placing
  if (pixels > Math.max(height, width)) {
    throw badOption(
      `\`options.patchPixels\` is ${pixels}, the image has ${width}×${height} pixels`,
      'cover less than the whole image: a fifth of its side is usual',
    )
  }
  const part = (of: number): number => Math.max(1, Math.round(of * length))
  const patch = pixels > 0 ? Math.min(pixels, length) : part(share)
  return windowsAlong(length, patch, stridePixels || part(stride), border)
}

/** Whether a place lies in the window [N, 4] (first and last row, first and last column; the last ones outside): [N, 1, H, W]. */
function inside(g: Builder, window: Value, height: number, width: number): Value {
  const batch = window.shape[0] ?? 1
  const edge = (k: number): Value => g.reshape(g.slice(window, 1, k, k + 1), [batch, 1, 1, 1])
  const between = (length: number, dims: readonly number[], k: number): Value => {
    const middle = g.floats(
      Float32Array.from({ length }, (_, i) => i + 0.5),
      dims,
      'float32',
    )
    return g.and(g.less(edge(k), middle), g.less(middle, edge(k + 1)))
  }
  return g.and(between(height, [1, 1, height, 1], 0), between(width, [1, 1, 1, width], 2))
}

/** The mean drop over the windows that cover a pixel. */
function averaged(windows: readonly Window[], drops: Float32Array, height: number, width: number): Outcome {
  const total = new Float64Array(height * width)
  const seen = new Int32Array(height * width)
  for (const [i, { row, column }] of windows.entries()) {
    for (let y = row.start; y < row.end; y++) {
      for (let at = y * width + column.start; at < y * width + column.end; at++) {
        total[at] = (total[at] as number) + (drops[i] as number)
        seen[at] = (seen[at] as number) + 1
      }
    }
  }
  const hint = "take a `stride` no longer than `patch`, and `options: { border: 'clip' }`"
  const warnings = seen.includes(0) ? warn('occlusion-gaps', 'some pixels are under no window: the map is 0 there', hint) : []
  return { width, height, data: Float32Array.from(total, (sum, at) => sum / Math.max(1, seen[at] as number)), warnings }
}
