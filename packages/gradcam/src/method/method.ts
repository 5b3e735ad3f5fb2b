/** @file The one table of methods. Tests, docs and the command's menu iterate it. */
import { GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import { camMethods } from './cam/methods.ts'
import type { Method } from './definition.ts'
import { perturbationMethods } from './perturbation/methods.ts'
import { saliencyMethods } from './saliency/methods.ts'

export type { Family, GraphMethod, Method, Outcome, RunMethod } from './definition.ts'

export const methods: readonly Method[] = [...camMethods, ...saliencyMethods, ...perturbationMethods]

/**
 * A method by its name.
 *
 * @throws GradcamError `bad-option` for an unknown name
 */
export function methodNamed(name: string): Method {
  const found = methods.find((method) => method.name === name)
  if (found) return found
  const names = methods.map((method) => method.name)
  const suggestions = nearestNames(name, names)
  throw new GradcamError('bad-option', `unknown method: ${name}`, {
    hint: suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}? \`methods\` lists all` : `methods: ${names.join(', ')}`,
    suggestions,
    data: { option: 'method', value: name, allowed: names },
  })
}
