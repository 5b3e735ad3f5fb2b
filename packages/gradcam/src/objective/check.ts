/** @file Checks that something is a description of a target: what comes from JSON is anything at all. */
import { GradcamError } from '../core/errors.ts'
import { sizeOf } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'
import { checkDecoding } from './detection/decoding.ts'
import type { ObjectiveInput, ObjectiveSpec } from './spec.ts'

/** Tells what is wrong with a value, or undefined; `depth`: how many targets it lies in. */
type Check = (value: unknown, depth: number) => string | undefined

// what is against what is against …: nobody means more, and a file must not exhaust the stack
export const deepestTarget = 8

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
const listOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : undefined
const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const index = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

const isClass = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
const aClass: Check = (value) => (isClass(value) ? undefined : 'is a label or an index')
const classes = (value: unknown): string | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isClass) ? undefined : 'is a list of classes'
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'is text')
const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value) ? undefined : `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
const isFile = (value: unknown): boolean => isObject(value) && typeof value['file'] === 'string'
const numbers = (value: unknown, length?: number): boolean => {
  const list = listOf(value)
  return list !== undefined && (length === undefined ? list.length > 0 : list.length === length) && list.every(finite)
}
const indices = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(index)

const isMask = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { width, height, data } = value
  return index(width) && index(height) && (data as ArrayLike<number> | undefined)?.length === width * height
}
const over: Check = (value) => {
  if (value === 'predicted') return undefined
  if (isObject(value) && Object.keys(value).length === 1) {
    if (isMask(value['mask']) || isFile(value['mask']) || numbers(value['box'], 4) || numbers(value['point'], 2)) return undefined
  }
  return 'is "predicted", {mask: {width, height, data}}, {box: [x1, y1, x2, y2]} or {point: [x, y]}'
}
const from: Check = (value) => {
  if (isClass(value) || classes(value) === undefined) return undefined
  return isObject(value) && index(value['nearest']) && value['nearest'] > 0 ? undefined : 'is a class, a list of classes or {nearest: 3}'
}
const bytes: Check = (value) => (value instanceof Uint8Array || isFile(value) ? undefined : 'is the bytes of an ONNX model or {file}')
const isTensor = (value: unknown): boolean => {
  if (!isObject(value) || !indices(value['dims']) || !ArrayBuffer.isView(value['data'])) return false
  return (value['data'] as Float32Array).length === sizeOf(value['dims'] as number[])
}
const reference: Check = (value) =>
  numbers(value) || isFile(value) || (isObject(value) && isTensor(value['image']))
    ? undefined
    : 'is a list of numbers, {file}, or {image}, a tensor whose data fill its shape'

const reduce = oneOf('sum', 'mean')

/** Fields of every kind; a name with `!` must be there. */
const fields: Readonly<Record<ObjectiveSpec['kind'], Readonly<Record<string, Check>>>> = {
  class: { 'class!': aClass },
  classes: { 'classes!': classes, reduce },
  difference: { 'class!': aClass, 'from!': from, weight: (value) => (finite(value) ? undefined : 'is a number') },
  against: {
    'target!': (value, depth) => {
      checkObjective(value, depth + 1)
      return undefined
    },
  },
  value: {
    tensor: text,
    element: (value) => (typeof value === 'string' || index(value) || indices(value) ? undefined : 'is a label, an index or a position'),
    direction: oneOf('up', 'down'),
  },
  region: { 'class!': aClass, over, reduce, tensor: text },
  box: {
    box: (value) => (index(value) || indices(value) ? undefined : 'is the index of a box, or a list of them'),
    class: aClass,
    rank: (value) => (index(value) && value > 0 ? undefined : 'is a whole number, 1 or more'),
    part: oneOf('score', 'objectness', 'class'),
    decoding: (value) => {
      checkDecoding(value)
      return undefined
    },
  },
  similar: { 'to!': reference, tensor: text, measure: oneOf('cosine', 'dot') },
  expression: { 'expression!': text, reduce },
  onnx: { 'model!': bytes, reduce },
  file: { 'file!': text },
}

const kinds = Object.keys(fields) as ObjectiveSpec['kind'][]

/**
 * Checks a target.
 *
 * @throws GradcamError `bad-target`
 */
export function checkObjective(value: unknown, depth = 0): asserts value is ObjectiveInput {
  if (depth > deepestTarget)
    throw bad('it is nested too deeply', `at most ${deepestTarget} targets in each other; twice against is the target itself`)
  if (typeof value === 'string' || typeof value === 'number') return
  if (!isObject(value)) throw bad('it is neither text, nor a number, nor an object', 'give a label, an index, or {"kind": …}')
  const kind = Object.hasOwn(value, 'kind') ? kinds.find((each) => each === value['kind']) : undefined
  if (!kind) {
    const given = typeof value['kind'] === 'string' ? value['kind'].slice(0, 40) : typeof value['kind']
    throw bad(`its kind is ${JSON.stringify(given)}`, `kind is one of ${kinds.join(', ')}`, nearestNames(given, kinds))
  }
  const wanted = fields[kind]
  const names = Object.keys(wanted).map((name) => name.replace('!', ''))
  for (const name of Object.keys(value)) {
    if (name === 'kind' || names.includes(name)) continue
    const hint = `${kind} has ${names.join(', ')}`
    throw bad(`${kind} has no field ${name.slice(0, 40)}`, hint, nearestNames(name.slice(0, 40), names))
  }
  for (const [key, check] of Object.entries(wanted)) {
    const name = key.replace('!', '')
    if (!Object.hasOwn(value, name) || value[name] === undefined) {
      if (key !== name) throw bad(`${kind} lacks the field ${name}`, `${kind} has ${names.join(', ')}`)
      continue
    }
    const fault = check(value[name], depth)
    if (fault !== undefined) throw bad(`${name} of ${kind} does not fit`, `${name} ${fault}`)
  }
  if (kind === 'box' && value['box'] === undefined && value['class'] === undefined)
    throw bad('box names neither a box nor a class', 'give box, the index of a candidate, or class and rank')
}

function bad(what: string, hint: string, suggestions: readonly string[] = []): GradcamError {
  const more = suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}? ` : ''
  return new GradcamError('bad-target', `this is no target: ${what}`, { hint: more + hint, suggestions })
}
