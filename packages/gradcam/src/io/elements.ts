/** @file Element types as bytes: sizes, typed-array views on file bytes, and counting the elements of a shape that nobody has checked. */
import { GradcamError } from '../core/errors.ts'
import { arrays, type NumericType, type Tensor, type TensorData } from '../core/tensor.ts'

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TensorData
}

const maxRank = 64

/** Bytes of one element. */
export const elementBytes = (type: NumericType): number => arrays[type].BYTES_PER_ELEMENT

/** The error of this folder. `what` names the tensor: `tensor "conv1.weight"`. */
export const badTensor = (what: string, problem: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('bad-tensor', `${what}: ${problem}`, { hint, cause })

/** Number of elements of a shape from a file: every dimension a safe whole number, the product too. */
export function countOf(dims: readonly number[], what: string): number {
  const hint = 'the file is damaged or not what its name says'
  if (dims.length > maxRank) throw badTensor(what, `${dims.length} dimensions, more than ${maxRank}`, hint)
  for (const d of dims) if (!Number.isSafeInteger(d) || d < 0) throw badTensor(what, `impossible dimension ${d}`, hint)
  if (dims.includes(0)) return 0
  const count = dims.reduce((n, d) => n * d, 1)
  if (!Number.isSafeInteger(count)) throw badTensor(what, `shape [${dims.join(', ')}] is too large`, hint)
  return count
}

/** Little-endian bytes as elements: a view where the alignment allows it, else a copy. Bytes beyond whole elements are not looked at. */
export function elementsOf(type: NumericType, bytes: Uint8Array): TensorData {
  const array: ArrayType = arrays[type]
  const size = array.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes) // not slice: a Buffer's is no copy
  const view = type === 'bool' && !bytes.every((b) => b < 2) ? Uint8Array.from(bytes, (b) => (b === 0 ? 0 : 1)) : aligned
  return new array(view.buffer, view.byteOffset, Math.floor(view.byteLength / size))
}

/** The bytes of a tensor, a view on its data, once type, array and shape are seen to agree. */
export function bytesOf(tensor: Tensor, what: string): Uint8Array<ArrayBuffer> {
  const { type, dims, data } = tensor
  const hint = 'build the tensor from a type, a shape and a typed array that agree'
  if (type === 'string') throw badTensor(what, 'string elements cannot be written', hint)
  const array = arrays[type]
  if (!(data instanceof array)) throw badTensor(what, `${type} elements in a ${data.constructor.name}`, hint)
  const count = countOf(dims, what)
  if (data.length !== count) throw badTensor(what, `${data.length} values for shape [${dims.join(', ')}]`, hint)
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
}
