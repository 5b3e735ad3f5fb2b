/** @file The parts of an image that are switched on and off: superpixels or the cells of a grid. */
import { badOption } from '../../core/errors.ts'
import { choiceOption, numberOption, type ValuesOf, wholeOption } from '../options.ts'
import { type Box, boxesOf } from '../../image/pieces.ts'
import type { RunContext } from '../../run/run-context.ts'
import { gridSegmentation, type Segmentation } from './grid.ts'
import { labColours } from './lab.ts'
import { slic } from './slic.ts'

export const segmentationOptions = {
  features: wholeOption(49, [2, 1024], 'parts of the image, at most'),
  segmentation: choiceOption('slic', ['slic', 'grid'], 'superpixels that follow the colours, or a grid'),
  compactness: numberOption(10, [0.01, 1000], 'superpixels: from ragged ones that follow colours to square ones'),
}

// ten rounds over each pixel, with colours, distances and labels of each
const maxPixels = 4096 ** 2

/**
 * The parts of the image.
 *
 * @throws GradcamError `bad-option` for more parts than pixels, and for superpixels of images above 4096×4096
 */
export function segmented(context: RunContext, options: ValuesOf<typeof segmentationOptions>): Segmentation {
  const { height, width } = context.image
  const { features: count, segmentation, compactness } = options
  if (count > height * width) {
    throw badOption(`\`options.features\` is ${count}, the image has ${height * width} pixels`, 'ask for fewer parts than there are pixels')
  }
  if (segmentation === 'grid') return gridSegmentation(height, width, count)
  if (height * width > maxPixels) {
    throw badOption(
      `superpixels of ${width}×${height} pixels would take minutes and gigabytes`,
      "cut the image into a grid: `options: { segmentation: 'grid' }`",
    )
  }
  return slic(labColours(context), height, width, { count, compactness })
}

/** A part and what it is worth. */
export interface WeightedSegment {
  index: number
  weight: number
  pixels: number
  /** In pixels of the network's input; right and bottom lie outside. */
  box: Box
}

/** All parts, the weightiest first. */
export function weightedSegments({ labels, count }: Segmentation, width: number, weights: Float64Array): WeightedSegment[] {
  const pixels = new Array<number>(count).fill(0)
  for (const label of labels) pixels[label] = (pixels[label] as number) + 1
  return boxesOf(labels, width, count)
    .map((box, index): WeightedSegment => ({ index, weight: weights[index] as number, pixels: pixels[index] as number, box }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
}

/** Each pixel gets the weight of its part. */
export const spread = ({ labels }: Segmentation, weights: Float64Array): Float32Array =>
  Float32Array.from(labels, (label) => weights[label] as number)
