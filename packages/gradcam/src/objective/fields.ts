/** @file Checks of fields: what comes from JSON is anything at all. */
import { sizeOf } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'
import { noTarget } from './refusal.ts'

/** Says what a value should be, or undefined where it fits. `nested` checks an objective within the objective. */
export type Check = (value: unknown, named: string, nested: (value: unknown) => void) => string | undefined

/** Checks by field; a name that ends in `!` must be there. */
export type Fields = Readonly<Record<string, Check>>

/** Checks every field of an object that messages call `named`. */
export function checkFields(value: object, fields: Fields, named: string, nested: (value: unknown) => void): void {
  const names = Object.keys(fields).map((name) => name.replace('!', ''))
  const hint = `${named} has ${names.join(', ')}`
  const unknown = Object.keys(value)
    .find((name) => !names.includes(name))
    ?.slice(0, 40)
  if (unknown !== undefined) throw noTarget(`${named} has no field ${unknown}`, hint, nearestNames(unknown, names))
  for (const [i, [key, check]] of Object.entries(fields).entries()) {
    const name = names[i] as string
    const given: unknown = Object.hasOwn(value, name) ? value[name as keyof typeof value] : undefined
    if (given === undefined && key !== name) throw noTarget(`${named} lacks the field ${name}`, hint)
    const fault = given === undefined ? undefined : check(given, `${name} of ${named}`, nested)
    if (fault !== undefined) throw noTarget(`${name} of ${named} does not fit`, `${name} ${fault}`)
  }
}

/** An object within the description. */
export const record =
  (fields: Fields): Check =>
  (value, named, nested) => {
    if (!isObject(value)) return `is an object with ${Object.keys(fields).join(', ').replaceAll('!', '')}`
    checkFields(value, fields, named, nested)
    return undefined
  }

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
const isClass = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'

export const isFile = (value: unknown): boolean => isObject(value) && typeof value['file'] === 'string'
export const isIndices = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isIndex)
export const isNumbers = (value: unknown, length?: number): boolean => {
  const list: readonly unknown[] = ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : Array.isArray(value) ? value : []
  return (length === undefined ? list.length > 0 : list.length === length) && list.every((each) => Number.isFinite(each))
}

/** A grid of values: width, height, data. */
export const isGrid = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { width, height, data } = value
  return isIndex(width) && isIndex(height) && (data as ArrayLike<number> | undefined)?.length === width * height
}

export const isTensor = (value: unknown): boolean => {
  if (!isObject(value) || !isIndices(value['dims']) || !ArrayBuffer.isView(value['data'])) return false
  return (value['data'] as Float32Array).length === sizeOf(value['dims'] as number[])
}

/** A check that says `is …` where `fits` does not hold. */
export const that =
  (fits: (value: unknown) => boolean, should: string) =>
  (value: unknown): string | undefined =>
    fits(value) ? undefined : should

export const aClass = that(isClass, 'is a label or an index')
export const classList = that((value) => Array.isArray(value) && value.length > 0 && value.every(isClass), 'is a list of classes')
export const text = that((value) => typeof value === 'string' && value !== '', 'is text')
export const number = that((value) => Number.isFinite(value), 'is a number')
export const index = that(isIndex, 'is a whole number, 0 or more')
export const oneOf = (...choices: readonly unknown[]) =>
  that((value) => choices.includes(value), `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`)
export const reduction = oneOf('sum', 'mean')
