/** @file Methods that are a statistic of gradients at noisy copies of the image. */
import type { RunContext } from '../../run/run-context.ts'
import type { Outcome } from '../definition.ts'
import { copyOptions, gaussian, noisyGradients } from '../noise.ts'
import type { ValuesOf } from '../options.ts'
import { type Attribution, mapOf, overChannels } from './channels.ts'

export const noiseOptions = { ...copyOptions, channels: overChannels('abs') }

/** A map of noisy gradients as a method: `statistic` of their mean and mean square. */
export const overNoise =
  (statistic: (mean: number, square: number) => number) =>
  async (context: RunContext, { samples, noise, channels: joining }: ValuesOf<typeof noiseOptions>): Promise<Outcome> => {
    const { mean, square } = await noisyGradients(context, samples, gaussian(context, noise))
    const { channels, height, width } = context.image
    const attribution: Attribution = { data: mean.map((value, k) => statistic(value, square[k] as number)), channels, height, width }
    return mapOf(attribution, joining)
  }
