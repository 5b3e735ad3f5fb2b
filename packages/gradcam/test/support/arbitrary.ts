/** @file Random tensors for property tests, and what every reader of hostile bytes has to keep to. */
import * as fc from 'fast-check'
import { GradcamError } from '../../src/core/errors.ts'
import { countOf, elementBytes, elementsOf } from '../../src/io/elements.ts'
import type { NumericType, Tensor } from '../../src/core/tensor.ts'

export const numericTypes: readonly NumericType[] = (
  [
    ['float32', 'float64', 'float16', 'bfloat16', 'bool'],
    ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'],
  ] as const
).flat()

/** Tensors of any element type with up to four dimensions, scalars and empty ones included; all bit patterns. */
export const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...numericTypes), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([type, dims]) => {
    const length = countOf(dims, 'tensor') * elementBytes(type)
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ type, dims, data: elementsOf(type, bytes) }))
  })

/** The same bytes in the middle of a larger buffer, at every alignment. */
export function* shifted(bytes: Uint8Array): Generator<Uint8Array> {
  for (let offset = 0; offset < 8; offset++) {
    const buffer = new Uint8Array(bytes.length + 16)
    buffer.set(bytes, offset)
    yield buffer.subarray(offset, offset + bytes.length)
  }
}

/** Runs a reader; anything but a value or a `bad-tensor` error is a fault. */
export function attempt(read: () => Tensor): Tensor | GradcamError {
  try {
    const tensor = read()
    if (tensor.data.length !== countOf(tensor.dims, 'tensor'))
      throw new Error(`${tensor.data.length} values for [${tensor.dims.join(', ')}]`)
    return tensor
  } catch (error) {
    if (error instanceof GradcamError && error.code === 'bad-tensor' && error.hint !== '') return error
    throw error
  }
}

/** Cuts the bytes at every length, then damages single bytes: no reader may answer with anything but a value or a GradcamError. */
export function fuzz(bytes: Uint8Array, read: (bytes: Uint8Array) => Tensor): { truncated: (Tensor | GradcamError)[] } {
  const truncated = Array.from(bytes, (_, length) => attempt(() => read(bytes.subarray(0, length))))
  for (let i = 0; i < bytes.length; i++) {
    for (const value of [0, 1, 0x27, 0x7f, 0x80, 0xff]) {
      const damaged = new Uint8Array(bytes)
      damaged[i] = value
      attempt(() => read(damaged))
    }
  }
  return { truncated }
}
