/** @file The one table of methods. Tests, docs and the command's menu iterate it. */
import { badOption } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import { nearestNames } from '../core/text.ts'
import { camMethods } from './cam/methods.ts'
import type { Method } from './definition.ts'
import { perturbationMethods } from './perturbation/methods.ts'
import { saliencyMethods } from './saliency/methods.ts'

export { defineMethod, type Family, type GraphMethod, type Method, type Outcome, type RunMethod } from './definition.ts'

/** All methods, in the order of the docs. */
export const methods: readonly Method[] = [...camMethods, ...saliencyMethods, ...perturbationMethods]

/** A method of the table by its name, or one of the user's own as it is. */
export const methodOf = (method: string | Method): Method => (typeof method === 'string' ? methodNamed(method) : method)

/** Tells methods apart in the keys of sessions: methods of the user's own may share a name. */
export const methodKey = (method: Method): string => (methods.includes(method) ? method.name : identityOf(method, method.name))

/**
 * A method of the table by its name.
 *
 * @throws GradcamError `bad-option` for an unknown name
 */
export function methodNamed(name: string): Method {
  const found = methods.find((method) => method.name === name)
  if (found) return found
  const names = methods.map((method) => method.name)
  const suggestions = nearestNames(name, names)
  throw badOption(
    `unknown method: ${name}`,
    suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}? \`methods\` lists all` : `methods: ${names.join(', ')}`,
    { suggestions, data: { option: 'method', value: name, allowed: names } },
  )
}
