/** @file Runs an image under random masks and sums them up, weighted by what is measured: RISE and D-RISE. */
import { badOption } from '../../core/errors.ts'
import type { Value } from '../../graph/graph.ts'
import { randomOf } from '../../core/random.ts'
import type { Outcome } from '../definition.ts'
import { neutralOption } from '../neutral-option.ts'
import { numberOption, type ValuesOf, wholeOption } from '../options.ts'
import { neutralImage } from '../../run/neutral.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import type { RunContext } from '../../run/run-context.ts'
import { errorDetails, notConverged, standardError, toleranceOption } from '../convergence.ts'
import { unmoved } from '../unmoved.ts'
import { createMaskSum, maskGeometry, maskNodes, type MaskSum } from './rise-masks.ts'

export const maskOptions = (samples: number, cells: number) => ({
  samples: wholeOption(samples, [2, 1_000_000], 'masks'),
  cells: wholeOption(cells, [2, 256], 'cells of a mask along each side'),
  keep: numberOption(0.5, [0.01, 0.99], 'part of the cells that stay open'),
  fill: neutralOption('zero', 'what covers'),
  tolerance: toleranceOption,
})

const checkEvery = 200
const none = new Float32Array()

type MaskOptions = ValuesOf<ReturnType<typeof maskOptions>>

/** What is measured of masked images. */
interface Measured {
  /** Its name in the details. */
  measure: string
  /** Names the nodes. Default: as the measure. */
  key?: string
  outputs(context: GraphContext): Readonly<Record<string, Value>>
  /** The number that weighs the mask of item i of a batch of `size`. */
  weight(outputs: Readonly<Record<string, Float32Array>>, i: number, size: number): number
}

/**
 * Σ y·M / (N·p), [H, W].
 *
 * @throws GradcamError `bad-option` for more cells than pixels
 */
export async function maskedMap(context: RunContext, options: MaskOptions, measured: Measured): Promise<Outcome> {
  const { height, width, channels } = context.image
  const { cells, keep, tolerance } = options
  const { measure, key = measure, outputs, weight } = measured
  if (cells > Math.min(height, width)) {
    throw badOption(
      `\`options.cells\` is ${cells}, the image has ${width}×${height} pixels`,
      'a cell is a pixel or more; 7 cells along each side are usual',
    )
  }
  const geometry = maskGeometry(height, width, cells)
  const forward = await context.forward({
    key: `masked ${key}`,
    feeds: {
      cells: { shape: [cells, cells], each: true },
      shift: { shape: [2], each: true },
      fill: { shape: [channels, height, width], each: false },
    },
    image(g, image, fed) {
      const mask = maskNodes(g, geometry, fed('cells'), fed('shift'))
      return g.add(fed('fill'), g.mul(g.sub(image, fed('fill')), mask))
    },
    outputs,
  })
  const fill = neutralImage(context, options.fill)
  const halves = [createMaskSum(geometry), createMaskSum(geometry)] as const
  const samplesOf = (sums: readonly MaskSum[]): number => sums.reduce((count, sum) => count + sum.count, 0)
  const mean = (...sums: readonly MaskSum[]): Float32Array => {
    const totals = sums.map((sum) => sum.total())
    const divisor = samplesOf(sums) * keep
    return Float32Array.from({ length: height * width }, (_, i) => totals.reduce((sum, total) => sum + (total[i] as number), 0) / divisor)
  }
  const error = (): number => standardError(mean(halves[0]), mean(halves[1]))
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  await forward.each(
    options.samples,
    (from, size) => {
      const drawn = { cells: new Float32Array(size * cells * cells), shift: new Float32Array(2 * size) }
      for (let i = 0; i < size; i++) {
        const random = randomOf(context.seed, from + i)
        for (let k = i * cells * cells; k < (i + 1) * cells * cells; k++) drawn.cells[k] = random.uniform() < keep ? 1 : 0
        drawn.shift[2 * i] = random.below(geometry.cellHeight)
        drawn.shift[2 * i + 1] = random.below(geometry.cellWidth)
      }
      return { fill, ...drawn }
    },
    (values, from, size, { cells: opened = none, shift = none }) => {
      for (let i = 0; i < size; i++) {
        const own = opened.subarray(i * cells * cells, (i + 1) * cells * cells)
        const used = from + i + 1
        const [down, right] = [shift[2 * i] as number, shift[2 * i + 1] as number]
        const measuredHere = weight(values, i, size)
        lowest = Math.min(lowest, measuredHere)
        highest = Math.max(highest, measuredHere)
        halves[(from + i) % 2 === 0 ? 0 : 1].add(own, down, right, measuredHere)
        if (tolerance > 0 && used % checkEvery === 0 && error() <= tolerance) return 'stop'
      }
      return undefined
    },
  )
  const samples = samplesOf(halves)
  const last = error()
  return {
    ...{ width, height, data: mean(...halves) },
    // the map is the chance then with which masks were drawn
    unmoved: await unmoved(context, [lowest, highest]),
    details: { measure, samples, ...errorDetails(last, tolerance) },
    warnings: notConverged(last, tolerance, samples),
  }
}
