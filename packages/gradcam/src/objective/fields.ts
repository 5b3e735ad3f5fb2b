/** @file Checks of fields: what comes from JSON is anything at all. */
import { sizeOf } from '../core/tensor.ts'

/** Says what a value should be, or undefined where it fits. `nested` checks an objective within the objective. */
export type Check = (value: unknown, nested: (value: unknown) => void) => string | undefined

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0
const isClass = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'

export const isFile = (value: unknown): boolean => isObject(value) && typeof value['file'] === 'string'
export const isIndices = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isIndex)
export const isNumbers = (value: unknown, length?: number): boolean => {
  const list = Array.isArray(value) ? (value as unknown[]) : ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : undefined
  return (
    list !== undefined && (length === undefined ? list.length > 0 : list.length === length) && list.every((each) => Number.isFinite(each))
  )
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
  (fits: (value: unknown) => boolean, should: string): Check =>
  (value) =>
    fits(value) ? undefined : should

export const aClass = that(isClass, 'is a label or an index')
export const classList = that((value) => Array.isArray(value) && value.length > 0 && value.every(isClass), 'is a list of classes')
export const text = that((value) => typeof value === 'string' && value !== '', 'is text')
export const number = that((value) => Number.isFinite(value), 'is a number')
export const index = that(isIndex, 'is a whole number, 0 or more')
export const oneOf = (...choices: readonly unknown[]): Check =>
  that((value) => choices.includes(value), `is one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`)
export const reduction = oneOf('sum', 'mean')
