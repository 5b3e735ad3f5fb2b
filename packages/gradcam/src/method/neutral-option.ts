/** @file The option that names a neutral image: what covers, or what the image is compared with. */
import { type Neutral, neutrals } from '../run/neutral.ts'
import type { ChoiceOption } from './options.ts'

export type NeutralOption<Choice extends string = never> = ChoiceOption<Exclude<Neutral, number> | Choice> & { orNumber: true }

export const neutralOption = (usual: Exclude<Neutral, number>, what: string): NeutralOption => ({
  kind: 'choice',
  default: usual,
  choices: neutrals,
  orNumber: true,
  about: `${what}: the mean of each channel, 0 or another number in the units of the input, black, grey, white, the image blurred`,
})

/** What the image is compared with. */
export const baselineOption = neutralOption('zero', 'what the image is compared with')
