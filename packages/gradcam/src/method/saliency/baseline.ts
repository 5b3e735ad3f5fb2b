/** @file The image that says nothing, against which another is measured. */
import { GradcamError } from '../../core/errors.ts'
import { blurred, channelMean } from '../../image/blur.ts'
import type { OptionSpec } from '../options.ts'
import type { RunContext } from '../../run/forward.ts'

const baselines = ['zero', 'black', 'white', 'mean', 'blur'] as const

/** The option of every method that measures an image against another one. */
export const againstBaseline: OptionSpec = {
  kind: 'choice',
  default: 'zero',
  choices: baselines,
  about: 'what the image is measured against: zero after preprocessing, black, white, the mean of each channel, the image blurred',
}

// σ of the blur, as a part of the shorter side: what is smaller than a twentieth of the image is gone
const blurring = 0.05

/**
 * A baseline as the network takes it, [C, H, W].
 *
 * @throws GradcamError `bad-option` for black and white where the network's preprocessing is not known
 */
export function baselineOf({ image, range }: Pick<RunContext, 'image' | 'range'>, name: string): Float32Array {
  const { data, channels, height, width } = image
  const places = height * width
  const even = (value: (channel: number) => number): Float32Array => {
    const baseline = new Float32Array(data.length)
    for (let c = 0; c < channels; c++) baseline.fill(value(c), c * places, (c + 1) * places)
    return baseline
  }
  switch (name) {
    case 'black':
    case 'white': {
      if (!range) {
        throw new GradcamError('bad-option', `what ${name} is for this network is not known: it has no preprocessor_config.json`, {
          hint: '`options.baseline` may be zero, mean or blur instead',
        })
      }
      return even((c) => range[name][c] as number)
    }
    case 'mean':
      return even((c) => channelMean(image, c))
    case 'blur':
      return blurred(image, blurring * Math.min(height, width))
    default:
      return new Float32Array(data.length)
  }
}
