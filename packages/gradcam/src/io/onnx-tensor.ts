/** @file ONNX TensorProto messages and .pb files: to tensors and back. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType, TensorProtoSchema } from 'onnx-buf'
import { arrays, type ElementType, type NumericType, type Tensor, type TensorData } from '../core/tensor.ts'
import { badTensor, bytesOf, countOf, elementBytes, elementsOf } from './elements.ts'

/**
 * Where data outside the model's file comes from: exactly `length` bytes from `offset` of the file `location`.
 * `location` is as the model says, that is hostile: refusing absolute paths and `..` is the resolver's part.
 */
export type ExternalData = (location: string, offset: number, length: number) => Uint8Array

const dataTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  float16: TensorProto_DataType.FLOAT16,
  bfloat16: TensorProto_DataType.BFLOAT16,
  int8: TensorProto_DataType.INT8,
  uint8: TensorProto_DataType.UINT8,
  int16: TensorProto_DataType.INT16,
  uint16: TensorProto_DataType.UINT16,
  int32: TensorProto_DataType.INT32,
  uint32: TensorProto_DataType.UINT32,
  int64: TensorProto_DataType.INT64,
  uint64: TensorProto_DataType.UINT64,
  bool: TensorProto_DataType.BOOL,
  string: TensorProto_DataType.STRING,
}
const elementTypes = new Map((Object.keys(dataTypes) as ElementType[]).map((type) => [dataTypes[type], type]))

/** TensorProto.DataType number of an element type. */
export const dataTypeOf = (type: ElementType): TensorProto_DataType => dataTypes[type]

/** Element type of a TensorProto.DataType number; undefined for types that gradcam does not hold (complex, float8, int4 …). */
export const elementTypeOf = (dataType: number): ElementType | undefined => elementTypes.get(dataType)

const damaged = 'the file is damaged, or no ONNX tensor'

/**
 * The tensor of a TensorProto: an initializer, an attribute, the content of a .pb file. Raw and external data is
 * viewed where its alignment allows, not copied.
 *
 * @throws GradcamError `bad-tensor` when type, shape and data do not agree, or the type is none of ElementType's numeric ones
 */
export function tensorOf(proto: TensorProto, external?: ExternalData): Tensor {
  const what = nameOf(proto)
  const type = elementTypeOf(proto.dataType)
  if (type === undefined || type === 'string') {
    const name = TensorProto_DataType[proto.dataType]?.toLowerCase() ?? `number ${proto.dataType}`
    throw badTensor(what, `elements of type ${name}`, 'only real numbers of 8 to 64 bits, and bool, can be read')
  }
  if (proto.segment !== undefined) throw badTensor(what, 'split into segments', 'store the tensor in one piece')
  const dims = proto.dims.map(Number)
  const count = countOf(dims, what)
  const length = count * elementBytes(type)
  const mismatch = (found: string): never => {
    throw badTensor(what, `${found} for ${type} of shape [${dims.join(', ')}]`, damaged)
  }
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const bytes = externalBytes(proto, external)
    return { type, dims, data: bytes.length === length ? elementsOf(type, bytes) : mismatch(`${bytes.length} external bytes`) }
  }
  if (proto.rawData.length > 0) {
    const { rawData } = proto
    return { type, dims, data: rawData.length === length ? elementsOf(type, rawData) : mismatch(`${rawData.length} bytes`) }
  }
  const data = typedData(proto, type)
  return { type, dims, data: data.length === count ? data : mismatch(`${data.length} values`) }
}

/** Values wider than their type are cut to it, as ONNX Runtime does. */
function typedData(proto: TensorProto, type: NumericType): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(proto.floatData)
    case 'float64':
      return Float64Array.from(proto.doubleData)
    case 'int64':
      return BigInt64Array.from(proto.int64Data)
    case 'uint64':
      return BigUint64Array.from(proto.uint64Data)
    case 'uint32':
      return Uint32Array.from(proto.uint64Data as unknown as number[], (v) => Number(BigInt.asUintN(32, BigInt(v))))
    case 'bool':
      return Uint8Array.from(proto.int32Data, (v) => (v === 0 ? 0 : 1))
    default:
      return arrays[type].from(proto.int32Data)
  }
}

/**
 * Where the data of an external tensor lies: `length` bytes from `offset` of the file `location`. The length is 0 where
 * the message tells none and the type has no size of its own here.
 *
 * @throws GradcamError `bad-tensor` for a missing location, or numbers that are none or do not agree with type and shape
 */
export function externalRange(proto: TensorProto): { location: string; offset: number; length: number } {
  const what = nameOf(proto)
  const entry = (key: string): string | undefined => proto.externalData.find((e) => e.key === key)?.value
  const number = (key: string): number | undefined => {
    const text = entry(key)
    if (text === undefined) return undefined
    if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw badTensor(what, `external ${key} ${JSON.stringify(text.slice(0, 40))} is no number of bytes`, damaged)
    }
    return Number(text)
  }
  const location = entry('location')
  if (location === undefined || location === '') throw badTensor(what, 'external data without a location', damaged)
  const type = elementTypeOf(proto.dataType)
  const needed = type === undefined || type === 'string' ? undefined : countOf(proto.dims.map(Number), what) * elementBytes(type)
  const declared = number('length')
  if (declared !== undefined && needed !== undefined && declared !== needed) {
    throw badTensor(what, `${declared} external bytes declared, ${needed} needed`, damaged)
  }
  return { location, offset: number('offset') ?? 0, length: declared ?? needed ?? 0 }
}

const nameOf = ({ name }: TensorProto): string => (name === '' ? 'tensor' : `tensor ${JSON.stringify(name.slice(0, 200))}`)

function externalBytes(proto: TensorProto, external?: ExternalData): Uint8Array {
  const { location, offset, length } = externalRange(proto)
  if (external === undefined) {
    const file = JSON.stringify(location.slice(0, 200))
    throw badTensor(nameOf(proto), `its data is in another file, ${file}`, 'keep that file beside the model')
  }
  return external(location, offset, length)
}

/** Reads a .pb file: one TensorProto. The result may be a view on `bytes`. */
export function readTensorProto(bytes: Uint8Array): Tensor {
  let proto: TensorProto
  try {
    proto = fromBinary(TensorProtoSchema, bytes)
  } catch (cause) {
    throw badTensor('tensor', `${bytes.length} bytes that are no TensorProto`, damaged, cause)
  }
  return tensorOf(proto)
}

/** The bytes of a .pb file. */
export const writeTensorProto = (tensor: Tensor, name = ''): Uint8Array => toBinary(TensorProtoSchema, protoOf(tensor, name))

/** A TensorProto whose raw data is a view on the tensor's. */
export function protoOf(tensor: Tensor, name: string): TensorProto {
  const rawData = bytesOf(tensor, `tensor "${name}"`)
  return create(TensorProtoSchema, { name, dims: tensor.dims.map(BigInt), dataType: dataTypeOf(tensor.type), rawData })
}
