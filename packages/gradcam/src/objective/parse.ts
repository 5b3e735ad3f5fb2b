/** @file The words of the command line: `difference:dog|cat`, `region:clothes@point:120,80`, JSON, or simply a label. */
import { GradcamError } from '../core/errors.ts'
import { checkObjective, deepestTarget } from './check.ts'
import type { Target } from './labels.ts'
import type { RegionSpec, ObjectiveInput, ObjectiveSpec } from './spec.ts'

/**
 * Reads the words of the command line. Whatever is a label of the model stays one, colons and all; so does text without a known prefix.
 *
 * @param labels of the model
 * @throws GradcamError `bad-target` where the words after a known prefix do not fit
 *
 * @example
 * parseObjective('difference:dog|cat', []) // { kind: 'difference', class: 'dog', from: ['cat'] }
 */
export const parseObjective = (text: string, labels: readonly string[] = []): ObjectiveInput => parsed(text, labels, 0)

function parsed(text: string, labels: readonly string[], depth: number): ObjectiveInput {
  const trimmed = text.trim()
  if (isLabel(trimmed, labels)) return text
  if (depth > deepestTarget) throw bad(trimmed.slice(0, 80), `write at most ${deepestTarget} targets in each other`)
  if (trimmed.startsWith('{')) return fromJson(trimmed)
  if (trimmed.startsWith('@')) return { kind: 'file', file: trimmed.slice(1) }
  const colon = trimmed.indexOf(':')
  const prefix = trimmed.slice(0, Math.max(colon, 0)).toLowerCase()
  const make = Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined
  if (!make) return text
  const rest = trimmed.slice(colon + 1).trim()
  if (rest === '') throw bad(text, `write what follows ${prefix}:`)
  return make(rest, text, (inner) => parsed(inner, labels, depth + 1))
}

/** `inner` reads a target within the target. */
type Maker = (rest: string, text: string, inner: (text: string) => ObjectiveInput) => ObjectiveSpec

const prefixes: Readonly<Record<string, Maker>> = {
  class: (rest) => ({ kind: 'class', class: classOf(rest) }),
  against: (rest, _, inner) => ({ kind: 'against', target: inner(rest) }),
  sum: (rest) => ({ kind: 'classes', classes: listOf(rest) }),
  mean: (rest) => ({ kind: 'classes', classes: listOf(rest), reduce: 'mean' }),
  difference(rest, text) {
    const [first = '', ...others] = listOf(rest)
    const near = /^nearest-(\d+)$/i.exec(String(others[0] ?? 'nearest-3'))
    if (near && others.length <= 1 && Number(near[1]) > 0) return { kind: 'difference', class: first, from: { nearest: Number(near[1]) } }
    if (near) throw bad(text, 'write difference:dog|cat, or difference:dog|nearest-3')
    return { kind: 'difference', class: first, from: others }
  },
  value(rest) {
    const [, name = '', direction] = /^(.*?)(?::(up|down))?$/i.exec(rest) ?? []
    const [, tensor, position] = /^(.+)\[([\d\s,]+)\]$/.exec(name) ?? []
    return {
      kind: 'value',
      ...(tensor === undefined ? { element: classOf(name) } : { tensor, element: (position ?? '').split(',').map(Number) }),
      ...(direction === undefined ? {} : { direction: direction.toLowerCase() === 'down' ? 'down' : 'up' }),
    }
  },
  region(rest, text) {
    const at = rest.lastIndexOf('@')
    if (at < 0) return { kind: 'region', class: classOf(rest) }
    return { kind: 'region', class: classOf(rest.slice(0, at)), over: placeOf(rest.slice(at + 1), text) }
  },
  box(rest, text) {
    if (/^\d+(\s*,\s*\d+)*$/.test(rest)) {
      const boxes = rest.split(',').map(Number)
      return { kind: 'box', box: boxes.length === 1 ? (boxes[0] as number) : boxes }
    }
    const [, label = '', rank] = /^(.*?)(?:#(\d+))?$/.exec(rest) ?? []
    if (label === '' || rank === '0') throw bad(text, 'write box:17, box:dog, or box:dog#2 for the second best')
    return { kind: 'box', class: classOf(label), ...(rank === undefined ? {} : { rank: Number(rank) }) }
  },
  similar: (rest) => ({ kind: 'similar', to: { file: rest } }),
  expression: (rest) => ({ kind: 'expression', expression: rest }),
  onnx: (rest) => ({ kind: 'onnx', model: { file: rest } }),
}

function placeOf(place: string, text: string): NonNullable<RegionSpec['over']> {
  const [, kind, rest = ''] = /^(box|point):(.*)$/i.exec(place) ?? []
  if (kind === undefined) {
    if (place === '') throw bad(text, 'write a mask file, box:x1,y1,x2,y2 or point:x,y after @')
    return place.toLowerCase() === 'predicted' ? 'predicted' : { mask: { file: place } }
  }
  const numbers = rest.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const [a, b, c, d] = numbers as [number, number, number, number]
  if (kind.toLowerCase() === 'point' && numbers.length === 2 && numbers.every(Number.isFinite)) return { point: [a, b] }
  if (kind.toLowerCase() === 'box' && numbers.length === 4 && numbers.every(Number.isFinite)) return { box: [a, b, c, d] }
  throw bad(text, 'write box:x1,y1,x2,y2 or point:x,y, in pixels of the photo')
}

const classOf = (text: string): Target => (/^\s*\d+\s*$/.test(text) ? Number(text) : text.trim())
const listOf = (text: string): Target[] => text.split('|').map(classOf)

function isLabel(text: string, labels: readonly string[]): boolean {
  const wanted = text.normalize('NFKC').toLowerCase()
  return labels.some((label) => label.normalize('NFKC').toLowerCase().trim() === wanted)
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

const bad = (text: string, hint: string): GradcamError => new GradcamError('bad-target', `this is no target: ${text}`, { hint })
