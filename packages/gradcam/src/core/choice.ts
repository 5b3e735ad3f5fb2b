/** @file Options that are one of a few names. */
import { GradcamError } from './errors.ts'
import { nearestNames } from './text.ts'

/**
 * The value, if it is one of those that are allowed.
 *
 * @throws GradcamError `bad-option` with what there is, and what was perhaps meant
 */
export function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new GradcamError('bad-option', `unknown \`${option}\`: ${value}`, {
    hint: `\`${option}\` is one of ${allowed.join(', ')}`,
    suggestions: nearestNames(value, allowed),
    data: { option, value, allowed },
  })
}
