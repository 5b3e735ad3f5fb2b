/** @file Tests of npy.ts: round trips, NumPy's variants, and files that lie. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attempt, fuzz, shifted, tensors } from '../../test/support/arbitrary.ts'
import { GradcamError } from '../core/errors.ts'
import { float32, type Tensor, toFloat32 } from '../core/tensor.ts'
import { readNpy, writeNpy } from './npy.ts'

/** A .npy file by hand. */
function npy(header: string, data: ArrayLike<number>, version = 1): Uint8Array {
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0]
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    version,
    0,
    ...length,
    ...new TextEncoder().encode(header),
    ...Array.from(data),
  ])
}
const bytes = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

describe('round trip', () => {
  test('of every type and shape, at every alignment', () => {
    fc.assert(
      fc.property(tensors, (tensor) => {
        const file = writeNpy(tensor)
        const back: Tensor = tensor.type === 'bfloat16' ? { ...tensor, type: 'float32', data: toFloat32(tensor) } : tensor
        for (const copy of shifted(file)) {
          const read = readNpy(copy)
          expect({ type: read.type, dims: read.dims }).toEqual({ type: back.type, dims: back.dims })
          expect(bytes(read.data)).toEqual(bytes(back.data))
        }
      }),
    )
  })

  test("is NumPy's own format, byte by byte", () => {
    const file = writeNpy(float32([1, 2, 3], [3]))
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
    expect(file.length).toBe(128 + 12)
    // not TextDecoder: its latin1 is windows-1252 from Node 22 on
    expect(Buffer.from(file.subarray(0, 128)).toString('latin1')).toBe(`\x93NUMPY\x01\x00v\x00${header.padEnd(117)}\n`)
  })

  test('aligned data is viewed, not copied', () => {
    const file = writeNpy(float32([1, 2], [2]))
    expect(readNpy(file).data.buffer).toBe(file.buffer)
  })
})

describe('variants', () => {
  const little = bytes(Int16Array.of(1, 2, 3, 4, 5, 6))
  test.each([1, 2, 3])('format %i.0', (version) => {
    expect(readNpy(npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n", little, version))).toEqual({
      type: 'int16',
      dims: [2, 3],
      data: Int16Array.of(1, 2, 3, 4, 5, 6),
    })
  })

  test('Fortran order', () => {
    const { data } = readNpy(npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n", little))
    expect(data).toEqual(Int16Array.of(1, 3, 5, 2, 4, 6))
  })

  test('Fortran order of any shape is C order of the reversed shape, transposed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }), (dims) => {
        const count = dims.reduce((n, d) => n * d, 1)
        const data = Uint8Array.from({ length: count }, (_, i) => i)
        const read = readNpy(npy(`{'descr': '|u1', 'fortran_order': True, 'shape': (${dims.join(', ')}), }\n`, data))
        for (let i = 0; i < count; i++) {
          let rest = i
          const index = dims.map((_, axis) => {
            const size = dims.slice(axis + 1).reduce((n, d) => n * d, 1)
            const at = Math.floor(rest / size)
            rest %= size
            return at
          })
          const column = index.reduce((sum, at, axis) => sum + at * dims.slice(0, axis).reduce((n, d) => n * d, 1), 0)
          expect(read.data[i]).toBe(data[column])
        }
      }),
    )
  })

  test('big-endian', () => {
    const view = new DataView(new ArrayBuffer(16))
    view.setFloat64(0, -1.25)
    view.setFloat64(8, 3e100)
    expect(readNpy(npy("{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n", bytes(view))).data).toEqual(
      Float64Array.of(-1.25, 3e100),
    )
  })

  test('other order of keys, no trailing comma, long integers of Python 2, a scalar, Booleans other than 0 and 1', () => {
    expect(readNpy(npy("{'shape': (1L, 2L), 'fortran_order': False, 'descr': '|i1'}", [1, 255])).dims).toEqual([1, 2])
    expect(readNpy(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", [9]))).toEqual({
      type: 'uint8',
      dims: [],
      data: Uint8Array.of(9),
    })
    expect(readNpy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", [0, 1, 7])).data).toEqual(Uint8Array.of(0, 1, 1))
  })
})

describe('hostile files', () => {
  test.each([
    ['', 'begin'],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 'elements of type O'],
    ["{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 'elements of type c8'],
    ["{'descr': '<constructor', 'fortran_order': False, 'shape': (1,), }", 'elements of type constructor'],
    ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 'descr'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1099511627776), }", 'too large'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 'impossible dimension'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 'impossible dimension'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1e9,), }", 'impossible dimension'],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000,), }", '4 bytes of data'],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1,'.repeat(65)}), }`, '65 dimensions'],
    ["{'descr': '<f4', 'shape': (1,), }", 'fortran_order'],
  ])('%s', (header, message) => {
    const result = attempt(() => readNpy(header === '' ? new Uint8Array(100) : npy(header, [0, 0, 0, 0])))
    expect(result).toBeInstanceOf(GradcamError)
    expect((result as GradcamError).message).toContain(message)
  })

  test('data too short, too long, and a header longer than the file', () => {
    const file = writeNpy(float32([1, 2], [2]))
    expect(() => readNpy(Uint8Array.from([...file, 0]))).toThrow('9 bytes of data for float32 of shape [2], which has 8')
    file[9] = 0xff
    expect(() => readNpy(file)).toThrow('ends within its header')
  })

  test('cut at every length, and every byte damaged', () => {
    const { truncated } = fuzz(writeNpy(float32([1, 2, 3, 4, 5, 6], [2, 3])), readNpy)
    expect(truncated.every((result) => result instanceof GradcamError)).toBe(true)
    fuzz(npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 1), }", [1, 2, 3, 4], 2), readNpy)
  })

  test('a tensor that does not agree with itself is not written', () => {
    expect(() => writeNpy({ type: 'float32', dims: [3], data: Float32Array.of(1) })).toThrow('1 values for shape [3]')
    expect(() => writeNpy({ type: 'int8', dims: [1], data: Float32Array.of(1) })).toThrow('int8 elements in a Float32Array')
    expect(() => writeNpy({ type: 'string', dims: [0], data: new Uint8Array() })).toThrow('string elements')
  })
})
