/** @file Descriptions as they were given, before their files were read: what explanations keep, with digests of the files. */
import type { AnySpec } from './kind.ts'

/** A file that a target named. */
export interface FileDigest {
  file: string
  /** SHA-256, hexadecimal. */
  sha256: string
}

export interface Source {
  spec: AnySpec
  files: readonly FileDigest[]
}

const sources = new WeakMap<object, Source>()

/** Remembers where a description with the content of its files came from. */
export function rememberSource<T extends AnySpec>(spec: T, source: Source): T {
  sources.set(spec, source)
  return spec
}

/** The description as it was given, JSON-able: arrays of numbers as lists; of bytes and functions their kind alone. */
export function sourceOf(spec: AnySpec): Source {
  const { spec: given, files } = sources.get(spec) ?? { spec, files: [] }
  return { spec: jsonable(given) as AnySpec, files }
}

function jsonable(value: unknown): unknown {
  if (typeof value === 'function') return undefined
  if (value instanceof Uint8Array) return { bytes: value.length }
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, Number)
  if (Array.isArray(value)) return value.map(jsonable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonable(each)]))
}
