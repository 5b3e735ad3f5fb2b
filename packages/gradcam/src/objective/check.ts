/** @file Checks that something describes an objective, by the table of kinds. */
import { GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import { isObject } from './fields.ts'
import type { AnySpec } from './kind.ts'
import { kindNamed, type ObjectiveInput, objectiveKinds } from './kinds.ts'

// what is against what is against …: a file must not exhaust the stack
export const maxDepth = 8

/**
 * Checks the description of an objective.
 *
 * @throws GradcamError `bad-target`
 */
export function checkObjective(value: unknown, depth = 0): asserts value is ObjectiveInput {
  if (depth > maxDepth)
    throw bad('it is nested too deeply', `at most ${maxDepth} targets in each other; twice against is the target itself`)
  if (typeof value === 'string' || typeof value === 'number') return
  if (!isObject(value)) throw bad('it is neither text, nor a number, nor an object', 'give a label, an index, or {"kind": …}')
  const kind = Object.hasOwn(value, 'kind') ? kindNamed(value['kind']) : undefined
  if (!kind) {
    const kinds = objectiveKinds.map((each) => each.kind)
    const given = typeof value['kind'] === 'string' ? value['kind'].slice(0, 40) : typeof value['kind']
    throw bad(`its kind is ${JSON.stringify(given)}`, `kind is one of ${kinds.join(', ')}`, nearestNames(given, kinds))
  }
  const named = kind.kind
  const names = Object.keys(kind.fields).map((name) => name.replace('!', ''))
  for (const name of Object.keys(value)) {
    if (name === 'kind' || names.includes(name)) continue
    throw bad(`${named} has no field ${name.slice(0, 40)}`, `${named} has ${names.join(', ')}`, nearestNames(name.slice(0, 40), names))
  }
  for (const [key, check] of Object.entries(kind.fields)) {
    const name = key.replace('!', '')
    if (!Object.hasOwn(value, name) || value[name] === undefined) {
      if (key !== name) throw bad(`${named} lacks the field ${name}`, `${named} has ${names.join(', ')}`)
      continue
    }
    const fault = check(value[name], (inner) => checkObjective(inner, depth + 1))
    if (fault !== undefined) throw bad(`${name} of ${named} does not fit`, `${name} ${fault}`)
  }
  const conflict = kind.conflict?.(value as unknown as AnySpec)
  if (conflict) throw bad(...conflict)
}

function bad(what: string, hint: string, suggestions: readonly string[] = []): GradcamError {
  const more = suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}? ` : ''
  return new GradcamError('bad-target', `this is no target: ${what}`, { hint: more + hint, suggestions })
}
