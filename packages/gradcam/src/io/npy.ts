/** @file NumPy's .npy files: format 1.0, 2.0 and 3.0, either byte order, either memory order. */
import { type NumericType, sizeOf, type Tensor, type TensorData, toFloat32 } from '../core/tensor.ts'
import { badTensor, bytesOf, countOf, elementBytes, elementsOf } from './elements.ts'

const codes: Record<string, NumericType> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  b1: 'bool',
}
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] // \x93NUMPY
const damaged = 'the file is damaged, or was not written by numpy.save'
const what = '.npy'

interface Header {
  type: NumericType
  bigEndian: boolean
  fortranOrder: boolean
  dims: number[]
  /** Where the data starts. */
  start: number
}

/**
 * The array of a .npy file. Little-endian data in C order is viewed where its alignment allows, not copied.
 *
 * @throws GradcamError `bad-tensor` for anything but one whole array of real numbers or booleans
 * @example
 * const { dims, data } = readNpy(await readFile('photo.npy'))
 */
export function readNpy(bytes: Uint8Array): Tensor {
  const { type, bigEndian, fortranOrder, dims, start } = readHeader(bytes)
  const length = countOf(dims, what) * elementBytes(type)
  let raw = bytes.subarray(start)
  if (raw.length !== length) {
    throw badTensor(what, `${raw.length} bytes of data for ${type} of shape [${dims.join(', ')}], which has ${length}`, damaged)
  }
  if (bigEndian) raw = swapped(raw, elementBytes(type))
  const data = elementsOf(type, raw)
  return { type, dims, data: fortranOrder && dims.length > 1 ? rowMajor(data, dims) : data }
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 10 || magic.some((b, i) => bytes[i] !== b)) throw badTensor(what, 'it does not begin as a .npy file does', damaged)
  const version = bytes[6] ?? 0
  if (version < 1 || version > 3) throw badTensor(what, `format ${version}.${bytes[7]}`, 'formats 1.0, 2.0 and 3.0 can be read')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const before = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : bytes.length < before ? Number.POSITIVE_INFINITY : view.getUint32(8, true)
  if (length > bytes.length - before) throw badTensor(what, 'it ends within its header', damaged)
  const text = new TextDecoder('latin1').decode(bytes.subarray(before, before + length))

  const descr = /'descr':\s*'([<>|=]?)([^']{1,20})'/.exec(text)
  if (descr === null) throw badTensor(what, "its header names no simple 'descr'", 'save a plain array, without named fields')
  const type = Object.hasOwn(codes, descr[2] ?? '') ? codes[descr[2] ?? ''] : undefined
  if (type === undefined) throw badTensor(what, `elements of type ${descr[2]}`, 'save it as float32: numpy.save(path, a.astype("float32"))')
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)
  const shape = /'shape':\s*\(([^)]{0,2000})\)/.exec(text)
  if (fortran === null || shape === null) throw badTensor(what, 'its header lacks fortran_order or shape', damaged)
  const dims = (shape[1] ?? '').split(',').map((part) => part.trim())
  if (dims.at(-1) === '') dims.pop() // the trailing comma of (3,), the nothing of ()
  // Python 2 wrote long integers as 3L
  const odd = dims.find((d) => !/^\d{1,16}L?$/.test(d))
  if (odd !== undefined) throw badTensor(what, `impossible dimension ${JSON.stringify(odd.slice(0, 40))}`, damaged)
  return {
    type,
    bigEndian: descr[1] === '>',
    fortranOrder: fortran[1] === 'True',
    dims: dims.map((d) => Number.parseInt(d, 10)),
    start: before + length,
  }
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i - (i % size) + size - 1 - (i % size)] ?? 0
  return out
}

/** Column-major elements in row-major order. */
function rowMajor(data: TensorData, dims: readonly number[]): TensorData {
  const out = data.slice()
  const axes = dims.map((size, axis) => ({ size, row: sizeOf(dims.slice(axis + 1)), column: sizeOf(dims.slice(0, axis)) }))
  for (let to = 0; to < out.length; to++) {
    let from = 0
    for (const { size, row, column } of axes) from += (Math.floor(to / row) % size) * column
    out[to] = data[from] ?? 0
  }
  return out
}

/** The bytes of a .npy file, format 1.0. NumPy has no bfloat16: such a tensor is written as float32, which holds it exactly. */
export function writeNpy(tensor: Tensor): Uint8Array {
  let data = bytesOf(tensor, what)
  let { type } = tensor
  if (type === 'bfloat16') {
    type = 'float32'
    data = bytesOf({ type, dims: tensor.dims, data: toFloat32(tensor) }, what)
  }
  const code = Object.keys(codes).find((c) => codes[c] === type) ?? ''
  const shape = tensor.dims.length === 1 ? `${tensor.dims[0]},` : tensor.dims.join(', ')
  const dictionary = `{'descr': '${code.endsWith('1') ? '|' : '<'}${code}', 'fortran_order': False, 'shape': (${shape}), }`
  // magic, version, length, dictionary, spaces, newline: a multiple of 64 bytes
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64
  const text = `${dictionary.padEnd(start - 11)}\n`
  const out = new Uint8Array(start + data.length)
  out.set([...magic, 1, 0, text.length & 255, text.length >> 8])
  out.set(new TextEncoder().encode(text), 10)
  out.set(data, start)
  return out
}
