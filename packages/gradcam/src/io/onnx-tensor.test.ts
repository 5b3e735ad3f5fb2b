/** @file Tests of onnx-tensor.ts: round trips, typed fields, external data, hostile messages, and every tensor of ../shared/golden. */
import { readdirSync, readFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType as Type, TensorProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { attempt, fuzz, numericTypes, shifted, tensors } from '../../test/support/arbitrary.ts'
import { describeShared, requireShared } from '../../test/support/shared.ts'
import { GradcamError } from '../core/errors.ts'
import { float32, type TensorData } from '../core/tensor.ts'
import { dataTypeOf, elementTypeOf, protoOf, readTensorProto, tensorOf, writeTensorProto } from './onnx-tensor.ts'

type Fields = Partial<Omit<TensorProto, '$typeName' | '$unknown'>>
const proto = (fields: Fields): TensorProto => create(TensorProtoSchema, fields as TensorProto)
const bytes = (data: TensorData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

test('element types and data types are each other’s inverse', () => {
  for (const type of [...numericTypes, 'string'] as const) expect(elementTypeOf(dataTypeOf(type))).toBe(type)
  for (const other of [0, Type.COMPLEX64, Type.FLOAT8E4M3FN, Type.INT4, 999, -1]) expect(elementTypeOf(other)).toBeUndefined()
})

describe('round trip', () => {
  test('of every type and shape, at every alignment', () => {
    fc.assert(
      fc.property(tensors, fc.string({ maxLength: 9 }), (tensor, name) => {
        expect(protoOf(tensor, name).name).toBe(name)
        for (const copy of shifted(writeTensorProto(tensor, name))) {
          const read = readTensorProto(copy)
          expect({ type: read.type, dims: read.dims }).toEqual({ type: tensor.type, dims: tensor.dims })
          expect(read.data.constructor).toBe(tensor.data.constructor)
          expect(bytes(read.data)).toEqual(bytes(tensor.data))
        }
      }),
    )
  })

  test('raw data is viewed where it is aligned', () => {
    const tensor = float32([1, 2], [2])
    expect(tensorOf(protoOf(tensor, 'w')).data.buffer).toBe(tensor.data.buffer)
  })

  test('a Buffer of Node, unaligned, is copied', () => {
    const pool = Buffer.alloc(64)
    pool.set(bytes(Float32Array.of(1, 2)), 3)
    const rawData = pool.subarray(3, 11)
    const { data } = tensorOf(proto({ dims: [2n], dataType: Type.FLOAT, rawData }))
    expect(data).toEqual(Float32Array.of(1, 2))
    expect(data.buffer).not.toBe(pool.buffer)
  })
})

describe('typed fields', () => {
  const int32Data = [0, 1, 0x3c00]
  test.each<[Type, Fields, TensorData]>([
    [Type.FLOAT, { floatData: [0.5, -1, 3] }, Float32Array.of(0.5, -1, 3)],
    [Type.DOUBLE, { doubleData: [0.1, -1, 3] }, Float64Array.of(0.1, -1, 3)],
    [Type.INT64, { int64Data: [-(2n ** 63n), 0n, 5n] }, BigInt64Array.of(-(2n ** 63n), 0n, 5n)],
    [Type.UINT64, { uint64Data: [2n ** 64n - 1n, 0n, 5n] }, BigUint64Array.of(2n ** 64n - 1n, 0n, 5n)],
    [Type.UINT32, { uint64Data: [2n ** 32n - 1n, 0n, 5n] }, Uint32Array.of(2 ** 32 - 1, 0, 5)],
    [Type.INT32, { int32Data: [-(2 ** 31), 0, 5] }, Int32Array.of(-(2 ** 31), 0, 5)],
    [Type.INT16, { int32Data: [-32768, 0, 5] }, Int16Array.of(-32768, 0, 5)],
    [Type.INT8, { int32Data: [-128, 0, 5] }, Int8Array.of(-128, 0, 5)],
    [Type.UINT8, { int32Data: [255, 0, 5] }, Uint8Array.of(255, 0, 5)],
    [Type.UINT16, { int32Data: [65535, 0, 5] }, Uint16Array.of(65535, 0, 5)],
    [Type.BOOL, { int32Data: [1, 0, 7] }, Uint8Array.of(1, 0, 1)],
    [Type.FLOAT16, { int32Data }, Uint16Array.from(int32Data)],
    [Type.BFLOAT16, { int32Data }, Uint16Array.from(int32Data)],
  ])('of data type %i', (dataType, fields, data) => {
    const message = proto({ dims: [3n], dataType, ...fields })
    expect(tensorOf(message).data).toEqual(data)
    expect(readTensorProto(toBinary(TensorProtoSchema, message)).data).toEqual(data)
    expect(() => tensorOf(proto({ dims: [4n], dataType, ...fields }))).toThrow('3 values')
  })

  test('an empty tensor has no data, a scalar has one value', () => {
    expect(tensorOf(proto({ dims: [0n, 3n], dataType: Type.FLOAT })).data.length).toBe(0)
    expect(tensorOf(proto({ dataType: Type.INT64, int64Data: [4n] })).dims).toEqual([])
  })
})

describe('external data', () => {
  const file = bytes(Float32Array.of(1, 2, 3, 4))
  const external = (entries: Record<string, string>): TensorProto =>
    proto({
      name: 'w',
      dims: [2n],
      dataType: Type.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value })),
    })
  const resolve = (_: string, offset: number, length: number): Uint8Array => file.subarray(offset, offset + length)

  test('is asked for by place, offset and length', () => {
    expect(tensorOf(external({ location: 'a.bin', offset: '4', length: '8' }), resolve).data).toEqual(Float32Array.of(2, 3))
    expect(tensorOf(external({ location: 'a.bin' }), resolve).data).toEqual(Float32Array.of(1, 2))
  })

  test.each([
    [{ location: 'a.bin', offset: '12' }, 'tensor "w": 4 external bytes for float32 of shape [2]'],
    [{ location: 'a.bin', length: '4000000000' }, '4000000000 external bytes declared, 8 needed'],
    [{ location: 'a.bin', offset: '-4' }, 'external offset "-4"'],
    [{ location: 'a.bin', offset: '1e3' }, 'external offset "1e3"'],
    [{ offset: '0' }, 'without a location'],
  ])('%o', (entries, message) => {
    expect(() => tensorOf(external(entries as Record<string, string>), resolve)).toThrow(message)
  })

  test('nobody to ask', () => {
    expect(() => tensorOf(external({ location: 'a.bin' }))).toThrow('its data is in another file, "a.bin"')
  })
})

describe('hostile messages', () => {
  test.each<[string, Fields]>([
    ['impossible dimension -1', { dims: [-1n], dataType: Type.FLOAT }],
    ['too large', { dims: [2n ** 40n, 2n ** 40n], dataType: Type.FLOAT }],
    ['impossible dimension', { dims: [2n ** 62n, 0n], dataType: Type.FLOAT }],
    ['70 dimensions', { dims: Array(70).fill(1n), dataType: Type.FLOAT, floatData: [1] }],
    ['0 values for float32 of shape [1000000000]', { dims: [10n ** 9n], dataType: Type.FLOAT }],
    ['7 bytes for float32 of shape [2]', { dims: [2n], dataType: Type.FLOAT, rawData: new Uint8Array(7) }],
    ['elements of type undefined', { dims: [1n], rawData: new Uint8Array(4) }],
    ['elements of type string', { dims: [1n], dataType: Type.STRING, stringData: [new Uint8Array(1)] }],
    ['elements of type int4', { dims: [1n], dataType: Type.INT4, int32Data: [1] }],
    ['elements of type number 99', { dims: [1n], dataType: 99 }],
    ['segments', { dims: [1n], dataType: Type.FLOAT, segment: { $typeName: 'onnx.TensorProto.Segment', begin: 0n, end: 1n } }],
  ])('%s', (message, fields) => {
    const result = attempt(() => tensorOf(proto(fields)))
    expect(result instanceof GradcamError ? result.message : 'no error').toContain(message)
  })

  test('cut at every length, and every byte damaged', () => {
    const { truncated } = fuzz(writeTensorProto(float32([1, 2, 3, 4, 5, 6], [2, 3]), 'x'), readTensorProto)
    expect(truncated.every((result) => result instanceof GradcamError)).toBe(true)
    const typed = proto({ dims: [3n], dataType: Type.INT64, int64Data: [1n, -2n, 300n] })
    expect(fuzz(toBinary(TensorProtoSchema, typed), readTensorProto).truncated.every((result) => result instanceof GradcamError)).toBe(true)
  })

  test('noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => void attempt(() => readTensorProto(noise))),
      { numRuns: 500 },
    )
  })
})

describeShared('golden tensors', 'golden', () => {
  test('every .pb file is read, and written back byte by byte in values', () => {
    const root = requireShared('golden')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.pb'))
    expect(files.length).toBeGreaterThan(3000)
    for (const file of files) {
      const tensor = readTensorProto(readFileSync(`${root}/${file}`))
      const again = readTensorProto(writeTensorProto(tensor, file))
      expect(again.dims).toEqual(tensor.dims)
      expect(Buffer.compare(bytes(again.data), bytes(tensor.data))).toBe(0)
    }
  })
})
