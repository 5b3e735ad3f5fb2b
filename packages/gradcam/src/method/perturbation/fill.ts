/** @file What is seen where the image is covered: one value per channel, the image blurred, or the mean of each superpixel. */
import { GradcamError } from '../../core/errors.ts'
import { blurred, channelMean } from '../../image/blur.ts'
import type { OptionSpec, OptionValues } from '../options.ts'
import type { RunContext } from '../../run/forward.ts'
import type { Segmentation } from './grid.ts'

const plainFills = ['mean', 'zero', 'black', 'grey', 'white', 'blur'] as const

/** The option `fill`; `segment-mean` where there are superpixels. */
export const fillOption = (usual: (typeof plainFills)[number], segments = false): OptionSpec => ({
  kind: 'choice',
  default: usual,
  choices: segments ? [...plainFills, 'segment-mean'] : plainFills,
  orNumber: true,
  about:
    'what covers: the mean of each channel, 0 or another number in the units of the input, black, grey, white, the image blurred' +
    (segments ? ', or the mean of each superpixel' : ''),
})

/**
 * The covering image, [C, H, W] in the units of the network's input.
 *
 * @throws GradcamError `bad-option` where black, grey or white are asked for and the preprocessing is not known
 */
export function fillImage(context: RunContext, options: OptionValues, segmentation?: Segmentation): Float32Array {
  const fill = options.choice('fill')
  const { image } = context
  // σ is a twentieth of the longer side: shapes are gone
  if (fill === 'blur') return blurred(image, Math.max(image.height, image.width) / 20)
  if (fill === 'segment-mean' && segmentation) return segmentMeans(image, segmentation)
  const places = image.height * image.width
  const data = new Float32Array(image.channels * places)
  for (let c = 0; c < image.channels; c++) data.fill(levelOf(fill, context, c), c * places, (c + 1) * places)
  return data
}

function levelOf(fill: string, { image, range }: RunContext, channel: number): number {
  if (fill === 'mean') return channelMean(image, channel)
  if (fill === 'zero') return 0
  const share = { black: 0, grey: 0.5, white: 1 }[fill]
  if (share === undefined) return Number(fill)
  const [black, white] = [range?.black[channel], range?.white[channel]]
  if (black !== undefined && white !== undefined) return black + share * (white - black)
  throw new GradcamError('bad-option', `\`options.fill\` is ${fill}, but how this network's images are preprocessed is not known`, {
    hint: 'give a number in the units of the input, mean, zero or blur',
  })
}

function segmentMeans({ data, channels }: RunContext['image'], { labels, count }: Segmentation): Float32Array {
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
