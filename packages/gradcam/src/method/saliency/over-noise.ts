/** @file Methods that are a statistic of gradients at noisy copies of the image. */
import { defineMethod, type RunMethod } from '../definition.ts'
import { copyOptions, gaussian, meanPowers } from '../noise.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { mapOf, overChannels } from './channels.ts'

const options = { ...copyOptions, channels: overChannels('abs') }

interface Statistic extends Pick<RunMethod, 'name' | 'title' | 'signed' | 'slopes' | 'source'> {
  /** Of the mean of a gradient and that of its square. */
  statistic: (mean: number, square: number) => number
}

export const overNoise = ({ statistic, ...about }: Statistic): RunMethod<typeof options> =>
  defineMethod({
    ...about,
    family: 'saliency',
    cost: 'samples × (1 + backward to the image)',
    options,
    async run(context, { samples, noise, channels: joining }) {
      const copies = { samples, noise: gaussian(context, noise), gradient: ({ imageGradient }: GraphContext) => imageGradient() }
      const [means, squares] = (await meanPowers(context, copies, 2)) as [Float64Array, Float64Array]
      const { channels, height, width } = context.image
      return mapOf({ data: means.map((mean, k) => statistic(mean, squares[k] as number)), channels, height, width }, joining)
    },
  })
