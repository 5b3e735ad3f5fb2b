/** @file Bytes in every form that JavaScript hands them around in. */

/** A `Blob`, a `File`, a `Response`: bytes that are asked for. */
export interface BytesSource {
  readonly name?: string
  arrayBuffer(): Promise<ArrayBuffer>
}

/** Bytes as they are, or as they will be asked for. */
export type Bytes = Uint8Array | ArrayBuffer | SharedArrayBuffer | DataView | BytesSource

const isBuffer = (value: unknown): value is ArrayBuffer | SharedArrayBuffer =>
  /^\[object (?:Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))

/** Whether a value is bytes, in any form. Numbers of another size than a byte are none. */
export const isBytes = (value: unknown): value is Bytes =>
  isBuffer(value) ||
  value instanceof Uint8Array ||
  value instanceof DataView ||
  (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]') ||
  (typeof value === 'object' && value !== null && 'arrayBuffer' in value && typeof value.arrayBuffer === 'function')

/** The bytes. What another thread may write to is copied; all else is looked at where it lies. */
export async function bytesOf(source: Bytes): Promise<Uint8Array> {
  if (isBuffer(source)) return shared(source) ? new Uint8Array(source).slice() : new Uint8Array(source)
  if (!ArrayBuffer.isView(source)) return new Uint8Array(await source.arrayBuffer())
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  return shared(source.buffer) ? new Uint8Array(bytes) : bytes
}

const shared = (buffer: ArrayBufferLike): boolean => Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'

/** What a value is that is none of what was wanted, for messages. */
export function kindOfValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value !== 'object' && typeof value !== 'function') return `a ${typeof value}`
  const name = Object.prototype.toString.call(value).slice(8, -1)
  return name === 'Object' ? 'an object of another shape' : `a value of type ${name}`
}
