/** @file From the words behind a flag to its value. */
import { InvalidArgumentError } from 'commander'

const wholeNumber = (least: number, most: number, wanted: string) => (text: string) => {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new InvalidArgumentError(`It must be ${wanted}.`)
}

/** A whole number of at least 1. */
export const count = wholeNumber(1, Number.MAX_SAFE_INTEGER, 'a whole number, 1 or more')
/** A whole number of at least 0. */
export const countOrNone = wholeNumber(0, Number.MAX_SAFE_INTEGER, 'a whole number, 0 or more')
/** A whole number that a seed may be. */
export const seed = wholeNumber(0, 2 ** 32 - 1, 'a whole number from 0 to 4294967295')

/** A finite number. */
export function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.')
  return value
}

/** A number from 0 to 1. */
export function fraction(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}

/** Whole numbers of at least 0, separated by commas: "3" or "0,3". */
export function indices(text: string): number[] {
  const values = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN))
  if (!values.every(Number.isSafeInteger)) throw new InvalidArgumentError('It must be a whole number, or several separated by commas.')
  return values
}

/** Numbers separated by commas: "0.5" or "0.25,0.5". */
export function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!values.every(Number.isFinite)) throw new InvalidArgumentError('It must be a number, or several separated by commas.')
  return values
}

/** Names separated by commas, none empty. */
export function names(text: string): string[] {
  const found = text.split(',').map((part) => part.trim())
  if (found.includes('')) throw new InvalidArgumentError('It must be a name, or several separated by commas.')
  return found
}

/** `name=value`. */
export function setting(text: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name.trim() === '' || value.trim() === '') throw new InvalidArgumentError('It must be name=value.')
  return [name.trim(), value.trim()]
}

/** Digits are a class index; anything else is a label, top-1, top-K, or what docs/targets.md describes. */
export const target = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text)

/** Collects the values of a flag that may be repeated. */
export const repeated =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): T[] => [...before, parse(text)]
