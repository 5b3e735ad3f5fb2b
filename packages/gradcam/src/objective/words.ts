/** @file The words of the command line: `difference:dog|cat`, `region:clothes@point:120,80`, JSON, or simply a label. */
import { GradcamError } from '../core/errors.ts'
import { checkObjective, maxDepth } from './check.ts'
import type { AnySpec, ReadWords } from './kind.ts'
import { type ObjectiveInput, objectiveKinds } from './kinds.ts'
import { simplified } from './labels.ts'

const readers = new Map<string, ReadWords<AnySpec>>(objectiveKinds.flatMap(({ words = {} }) => Object.entries(words)))

/** What the words of an objective may begin with. */
export const prefixes: readonly string[] = [...readers.keys()]

/**
 * Reads the words of the command line. Whatever is a label of the model stays one, colons and all; so does text without a known prefix.
 *
 * @param labels of the model
 * @throws GradcamError `bad-target` where the words after a known prefix do not fit
 *
 * @example
 * parseObjective('difference:dog|cat', []) // { kind: 'difference', class: 'dog', from: ['cat'] }
 */
export const parseObjective = (text: string, labels: readonly string[] = []): ObjectiveInput => read(text, labels, 0)

function read(text: string, labels: readonly string[], depth: number): ObjectiveInput {
  const trimmed = text.trim()
  const bad = (hint: string): GradcamError =>
    new GradcamError('bad-target', `this is no target: ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`, { hint })
  if (labels.some((label) => simplified(label) === simplified(trimmed))) return text
  if (depth > maxDepth) throw bad(`write at most ${maxDepth} targets in each other`)
  if (trimmed.startsWith('{')) return fromJson(trimmed)
  if (trimmed.startsWith('@')) return { kind: 'file', file: trimmed.slice(1) }
  const colon = trimmed.indexOf(':')
  const prefix = trimmed.slice(0, Math.max(colon, 0)).toLowerCase()
  const reader = readers.get(prefix)
  if (!reader) return text
  const rest = trimmed.slice(colon + 1).trim()
  if (rest === '') throw bad(`something must follow the colon: docs/targets.md shows what`)
  return reader(rest, { inner: (inner) => read(inner, labels, depth + 1), labels, bad }) as ObjectiveInput
}

function fromJson(text: string): ObjectiveInput {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new GradcamError('bad-target', `this is no target: ${text.slice(0, 80)} is not JSON`, {
      hint: 'write {"kind": …} with double quotes, in single quotes for the shell',
      cause,
    })
  }
  checkObjective(value)
  return value
}
