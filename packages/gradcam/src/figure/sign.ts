/** @file Whether a map has negative values by its making, and whether they speak against the target. */
import type { OptionValue } from '../method/options.ts'
import { methods } from '../method/method.ts'
import type { PostProcessing } from '../method/post.ts'

/** How a map came to be. */
export interface Making {
  method: string
  options?: Readonly<Record<string, OptionValue>>
  settings: PostProcessing
}

// options of methods by which a map loses its sign: absolute values over channels, variances explained by a tree
const signless: readonly (readonly [name: string, value: OptionValue])[] = [
  ['channels', 'max'],
  ['channels', 'abs'],
  ['model', 'tree'],
]

/**
 * The sign of a map before it is normalised, by how it was made and not by its values: the photos of a series are alike.
 *
 * @returns `evidence` where negative values speak against the target, `other` where they mean something else, undefined where
 *   there are none
 */
export function signOf({ method, options = {}, settings }: Making): 'evidence' | 'other' | undefined {
  const signed = methods.find(({ name }) => name === method)?.signed
  if (settings.activation !== 'none' || signed === 'never') return undefined
  if (signless.some(([name, value]) => options[name] === value)) return undefined
  return signed ?? 'other'
}
