/** @file Checks that something describes an objective, by the table of kinds. */
import { nearestNames } from '../core/text.ts'
import { checkFields, isObject } from './fields.ts'
import type { AnySpec } from './kind.ts'
import { kindNamed, type ObjectiveInput, objectiveKinds } from './kinds.ts'
import { noTarget } from './refusal.ts'

// what is against what is against …: a file must not exhaust the stack
export const maxDepth = 8

/**
 * Checks the description of an objective.
 *
 * @throws GradcamError `bad-target`
 */
export function checkObjective(value: unknown, depth = 0): asserts value is ObjectiveInput {
  if (depth > maxDepth)
    throw noTarget('it is nested too deeply', `at most ${maxDepth} targets in each other; twice against is the target itself`)
  if (typeof value === 'string' || typeof value === 'number') return
  if (!isObject(value)) throw noTarget('it is neither text, nor a number, nor an object', 'give a label, an index, or {"kind": …}')
  const { kind: given, ...fields } = value
  const kind = Object.hasOwn(value, 'kind') ? kindNamed(given) : undefined
  if (!kind) {
    const kinds = objectiveKinds.map((each) => each.kind)
    const name = typeof given === 'string' ? given.slice(0, 40) : typeof given
    throw noTarget(`its kind is ${JSON.stringify(name)}`, `kind is one of ${kinds.join(', ')}`, nearestNames(name, kinds))
  }
  checkFields(fields, kind.fields, kind.kind, (inner) => checkObjective(inner, depth + 1))
  const conflict = kind.conflict?.(value as unknown as AnySpec)
  if (conflict) throw noTarget(...conflict)
}
