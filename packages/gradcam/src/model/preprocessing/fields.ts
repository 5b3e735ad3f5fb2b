/** @file Checked reading of a configuration's fields; an error names the file and the field. */
import { GradcamError } from '../../core/errors.ts'
import type { Size } from '../../core/pixels.ts'
import { type Filter, largestSide, type SmoothFilter } from '../preprocessing.ts'

export type Fields = Readonly<Record<string, unknown>>

/** An object of a file, and what the file is called. */
export interface Source {
  file: string
  fields: Fields
}

/** Something about a configuration that people should know. */
export interface Said {
  finding: 'unknown-class' | 'unknown-field' | 'unread-field' | 'class-default' | 'assumed'
  /** The class or field that it is about. */
  name: string
  what: string
}

export function invalid(file: string, field: string, value: unknown, wanted: string): GradcamError {
  return new GradcamError('model-invalid', `${file}: ${field} is ${show(value)}`, { hint: `${field} must be ${wanted}` })
}

export function show(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'number') return String(value) // JSON.stringify turns NaN into null
  const text = (JSON.stringify(value) as string | undefined) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** null and absent mean the same in these files. */
export const has = (fields: Fields, name: string): boolean => fields[name] !== undefined && fields[name] !== null

/** The value of a file's field as an object. */
export function objectOf(value: unknown, file: string): Source {
  if (isFields(value)) return { file, fields: value }
  throw new GradcamError('model-invalid', `${file} holds ${show(value)}, not an object`, {
    hint: 'take the file that was published with the model, or delete it to use the usual ImageNet preprocessing',
  })
}

export function side(value: unknown, field: string, file: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largestSide) return value
  throw invalid(file, field, value, `a whole number from 1 to ${largestSide}`)
}

/** A side that is computed: whole pixels, at least 1. */
export const computedSide = (value: number, field: string, file: string): number => side(Math.trunc(value), field, file)

export function finite(value: unknown, field: string, file: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalid(file, field, value, 'a finite number')
}

export function share(value: unknown, field: string, file: string): number {
  const number = finite(value, field, file)
  if (number > 0 && number <= 1) return number
  throw invalid(file, field, value, 'above 0 and at most 1')
}

export function flag({ fields, file }: Source, name: string, otherwise: boolean): boolean {
  const value = fields[name] ?? otherwise
  if (typeof value === 'boolean') return value
  throw invalid(file, name, value, 'true or false')
}

/** Height and width, as an object, a list of two or one number for both. */
export function rectangle(value: unknown, field: string, file: string): Size {
  if (Array.isArray(value) && value.length === 2) return { height: side(value[0], field, file), width: side(value[1], field, file) }
  if (!isFields(value)) return { height: side(value, field, file), width: side(value, field, file) }
  return { height: side(value['height'], `${field}.height`, file), width: side(value['width'], `${field}.width`, file) }
}

/** Numbers per channel; one serves all. */
export function numbers(value: unknown, field: string, file: string): readonly number[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length < 1 || list.length > 4) throw invalid(file, field, value, 'one number per channel')
  return list.map((one) => finite(one, field, file))
}

export function deviations(value: unknown, field: string, file: string): readonly number[] {
  const list = numbers(value, field, file)
  if (list.includes(0)) throw invalid(file, field, value, 'a number other than 0')
  return list
}

const pillows: readonly SmoothFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] // Pillow's numbers
const points: readonly Filter[] = ['linear', 'opencv-linear', 'cubic', 'linear-corners', 'cubic-corners', 'gauss-linear']

/** A filter by Pillow's number or name. */
export function smoothFilter(value: unknown, field: string, file: string): SmoothFilter {
  const filter = typeof value === 'number' ? pillows[value] : pillows.find((name) => name === value)
  if (filter) return filter
  throw invalid(file, field, value, `0 to 5 (${pillows.join(', ')})`)
}

/** A filter by the name that it has here. */
export function filterNamed(value: unknown, field: string, file: string): Filter {
  const all = [...pillows, ...points]
  const filter = all.find((name) => name === value)
  if (filter) return filter
  throw invalid(file, field, value, all.join(', '))
}
