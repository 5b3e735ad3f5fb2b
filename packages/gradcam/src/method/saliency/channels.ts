/** @file Pixel gradients have a value per colour channel: how these become one per place. */
import type { Grid, ImageValues } from '../../core/pixels.ts'
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import { type ChoiceOption, choiceOption, choicesOf } from '../options.ts'

/** `max`: max_c |g_c| · `abs`: Σ_c |g_c| · `sum`: Σ_c g_c, signed · `mean`: the same divided by the number of channels. */
const joinings = {
  max: (g, gradient) => g.reduceMax(g.unary('Abs', gradient), [1], false),
  abs: (g, gradient) => g.sum(g.unary('Abs', gradient), [1], false),
  sum: (g, gradient) => g.sum(gradient, [1], false),
  mean: (g, gradient) => g.mean(gradient, [1], false),
} satisfies Record<string, (g: Builder, gradient: Value) => Value>

export type Joining = keyof typeof joinings

/** The option of every method that joins colour channels. */
export const overChannels = (usual: Joining): ChoiceOption<Joining> =>
  choiceOption(
    usual,
    choicesOf(joinings),
    'how colour channels become one map: max of absolute values, sum of absolute values, signed sum, signed mean',
  )

/** [N, C, H, W] to [N, H, W]. */
export const throughChannels = (g: Builder, gradient: Value, joining: Joining): Value => joinings[joining](g, gradient)

/** What every value of an image contributes, row by row: [C, H, W]. */
export interface Attribution extends Omit<ImageValues, 'data'> {
  data: Float64Array
}

/** The map of an attribution: `throughChannels` for numbers. */
export function mapOf({ data, channels, height, width }: Attribution, joining: Joining): Grid {
  const places = height * width
  const map = new Float32Array(places)
  for (let place = 0; place < places; place++) {
    let [sum, size, largest] = [0, 0, 0]
    for (let at = place; at < data.length; at += places) {
      const value = data[at] as number
      sum += value
      size += Math.abs(value)
      largest = Math.max(largest, Math.abs(value))
    }
    map[place] = { max: largest, abs: size, sum, mean: sum / channels }[joining]
  }
  return { width, height, data: map }
}
