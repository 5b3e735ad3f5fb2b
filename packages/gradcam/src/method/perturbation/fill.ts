/** @file What covers an image that is cut into parts: a neutral image, or each part's own mean. */
import type { ImageValues } from '../../core/pixels.ts'
import { type Neutral, neutralImage } from '../../run/neutral.ts'
import type { RunContext } from '../../run/run-context.ts'
import { type NeutralOption, neutralOption } from '../neutral-option.ts'
import type { Segmentation } from './grid.ts'

const cover = neutralOption('mean', 'what covers')

/** The option `fill` of methods that cover parts. */
export const segmentFillOption: NeutralOption<'segment-mean'> = {
  ...cover,
  choices: [...cover.choices, 'segment-mean'],
  about: `${cover.about}, or the mean of each part`,
}

/** The covering image, [C, H, W] in the units of the network's input. */
export const segmentFill = (context: RunContext, segmentation: Segmentation, fill: Neutral | 'segment-mean'): Float32Array =>
  fill === 'segment-mean' ? segmentMeans(context.image, segmentation) : neutralImage(context, fill)

function segmentMeans({ data, channels }: ImageValues, { labels, count }: Segmentation): Float32Array {
  const filled = new Float32Array(data.length)
  for (let c = 0; c < channels; c++) {
    const start = c * labels.length
    const sums = new Float64Array(count)
    const sizes = new Float64Array(count)
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number
      sums[label] = (sums[label] as number) + (data[start + i] as number)
      sizes[label] = (sizes[label] as number) + 1
    }
    for (let i = 0; i < labels.length; i++)
      filled[start + i] = (sums[labels[i] as number] as number) / (sizes[labels[i] as number] as number)
  }
  return filled
}
