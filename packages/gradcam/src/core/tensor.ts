/** @file Dense tensors in JavaScript memory: an element type, dimensions, and a typed array in row-major order. */
import { GradcamError } from './errors.ts'

/** What the elements of each numeric type are kept in: float16 and bfloat16 as their 16 bits, bool as 0 and 1. */
export const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
}

/** The element types that have a fixed size in bytes. */
export type NumericType = keyof typeof arrays

/** Element types by their ONNX names in lower case. */
export type ElementType = NumericType | 'string'

/** float16 and bfloat16 are kept as their 16 bits; bool as 0 and 1. */
export type TensorData = (typeof arrays)[NumericType]['prototype']

/** A tensor: element type, dimensions, values in row-major order. */
export interface Tensor {
  type: ElementType
  dims: readonly number[]
  data: TensorData
}

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1)

/** A float32 tensor over `data`, checked against `dims`. */
export function float32(data: Float32Array | readonly number[], dims: readonly number[]): Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data)
  if (values.length !== sizeOf(dims)) {
    throw new GradcamError('bad-tensor', `${values.length} values do not fill a tensor of shape [${dims.join(', ')}]`, {
      hint: `give ${sizeOf(dims)} values, or another shape`,
    })
  }
  return { type: 'float32', dims, data: values }
}

const word = new Uint32Array(1)
const single = new Float32Array(word.buffer)

/** The IEEE half-precision bits nearest to a number (ties to even). */
export function halfBits(value: number): number {
  single[0] = value
  let bits = word[0] ?? 0
  // round to odd first, so that rounding to single and then to half is rounding once
  if (single[0] !== value) bits = (Math.abs(single[0] ?? 0) > Math.abs(value) ? bits - 1 : bits) | 1
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const fraction = bits & 0x7fffff
  if (exponent === 255) return sign | 0x7c00 | (fraction ? 0x200 : 0)
  const e = exponent - 112
  if (e >= 31) return sign | 0x7c00
  if (e <= 0) {
    if (e < -10) return sign
    const full = fraction | 0x800000
    const shift = 14 - e
    const half = full >>> shift
    const rest = full & ((1 << shift) - 1)
    const middle = 1 << (shift - 1)
    return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0))
  }
  const half = (e << 10) | (fraction >>> 13)
  const rest = fraction & 0x1fff
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0))
}

/** The number that half-precision bits stand for. */
export function halfValue(bits: number): number {
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The bytes that a tensor's values lie in. */
export const bytesOf = ({ data }: Pick<Tensor, 'data'>): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Values of any numeric tensor as numbers in a Float32Array (float32 data is returned as it is, not copied). */
export function toFloat32(tensor: Tensor): Float32Array {
  const { data, type } = tensor
  if (data instanceof Float32Array) return data
  if (type === 'float16') return Float32Array.from(data as Uint16Array, halfValue)
  if (type === 'bfloat16') {
    const out = new Float32Array(data.length)
    const bits = new Uint32Array(out.buffer)
    for (let i = 0; i < bits.length; i++) bits[i] = Number(data[i]) << 16
    return out
  }
  return Float32Array.from(data as ArrayLike<number | bigint>, Number)
}

/** Rounds to a whole number of a range; NaN becomes 0. */
const whole = (low: number, high: number) => (value: number) => Math.max(low, Math.min(high, Math.round(value))) || 0

/** Converts float32 values to the element type that a model's input wants. Integers are rounded and clamped to their range. */
export function castFloat32(values: Float32Array, type: ElementType, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
      return { type, dims, data: values }
    case 'float64':
      return { type, dims, data: Float64Array.from(values) }
    case 'float16':
      return { type, dims, data: Uint16Array.from(values, halfBits) }
    case 'uint8':
      return { type, dims, data: Uint8Array.from(values, whole(0, 255)) }
    case 'int8':
      return { type, dims, data: Int8Array.from(values, whole(-128, 127)) }
    case 'uint16':
      return { type, dims, data: Uint16Array.from(values, whole(0, 65535)) }
    case 'int16':
      return { type, dims, data: Int16Array.from(values, whole(-32768, 32767)) }
    case 'int32':
      return { type, dims, data: Int32Array.from(values, whole(-(2 ** 31), 2 ** 31 - 1)) }
    case 'int64': {
      const largest = 2 ** 63 - 1024 // the last number below 2⁶³
      return { type, dims, data: BigInt64Array.from(Array.from(values, whole(-(2 ** 63), largest)), BigInt) }
    }
    default:
      throw new GradcamError('unsupported-model', `an image cannot be fed to an input of type ${type}`, {
        hint: 'give the input as a .npy or .pb tensor of that type',
      })
  }
}
