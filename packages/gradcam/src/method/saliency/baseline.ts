/** @file The picture that says nothing, against which another is measured. */
import { GradcamError } from '../../errors.ts'
import type { OptionSpec } from '../options.ts'
import type { Task } from '../task.ts'

const baselines = ['zero', 'black', 'white', 'mean', 'blur'] as const

/** The option of every method that measures a picture against another one. */
export const againstBaseline: OptionSpec = {
  kind: 'choice',
  default: 'zero',
  choices: baselines,
  about: 'what the picture is measured against: zero after preprocessing, black, white, the mean of each channel, the picture blurred',
}

// of the blur, as a part of the shorter side: what is smaller than a twentieth of the picture is gone
const blurred = 0.05

/**
 * A baseline as the network takes it, [C, H, W].
 *
 * @throws GradcamError `bad-option` for black and white where the network's preprocessing is not known
 */
export function baselineOf({ picture, range }: Pick<Task, 'picture' | 'range'>, name: string): Float32Array {
  const { data, channels, height, width } = picture
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
          hint: 'use the baseline zero, mean or blur',
        })
      }
      return even((c) => range[name][c] as number)
    }
    case 'mean':
      return even((c) => data.subarray(c * places, (c + 1) * places).reduce((sum, value) => sum + value, 0) / places)
    case 'blur':
      return blur(picture, blurred * Math.min(height, width))
    default:
      return new Float32Array(data.length)
  }
}

/** A Gaussian blur of standard deviation `sigma` pixels, cut off at three of them; beyond the border the picture is repeated. */
function blur({ data, height, width }: Task['picture'], sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const along = (from: Float32Array, length: number, step: number, start: (line: number) => number): Float32Array => {
    const to = new Float32Array(from.length)
    for (let line = 0; line < from.length / length; line++) {
      const first = start(line)
      for (let i = 0; i < length; i++) {
        let sum = 0
        for (let k = -reach; k <= reach; k++) {
          const at = Math.min(Math.max(i + k, 0), length - 1)
          sum += (weights[k + reach] as number) * (from[first + at * step] as number)
        }
        to[first + i * step] = sum / total
      }
    }
    return to
  }
  const rows = along(data, width, 1, (line) => line * width)
  return along(rows, height, width, (line) => Math.floor(line / width) * height * width + (line % width))
}
