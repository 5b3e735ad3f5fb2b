/** @file A model's file without its large weights, which stay where they are: the engine maps them, and nothing holds them twice. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

// smaller files are read whole: what could be saved is not felt
const minFileBytes = 2 ** 23
// as much as a protobuf may hold
const maxFileBytes = 2 ** 31
// small tensors stay inside: shapes and axes are read from them
const minWeightBytes = 1024

const windowBytes = 2 ** 16

const notFollowed = new Error('no protobuf that can be followed')

/** Bytes of the file, or new ones in their place. */
type Piece = Uint8Array | readonly [start: number, end: number]

interface Field {
  number: number
  wire: number
  /** Where the tag, the content and the next field begin. */
  start: number
  content: number
  end: number
}

/** Fields of ONNX's messages that are looked into. */
const modelGraph = 7
const graphNode = 1
const graphInitializer = 5
// words of exporters about a node, several times as long as the node: nothing reads them
const nodeWords = new Set([6, 9])
const tensor = { rawData: 9, externalData: 13, dataLocation: 14 }

/**
 * The model's bytes, in which large weights are external data of the file `location`, which is the file itself. Undefined for small files, and
 * for what cannot be followed, as no protobuf: then the whole file says what is wrong with it.
 */
export function withoutLargeWeights(file: string, location: string): Uint8Array | undefined {
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    if (size < minFileBytes || size >= maxFileBytes) return undefined
    const reader = readerOf(handle, size)
    const graph = (field: Field): Piece[] =>
      within(reader, field, {
        [graphNode]: (each) => withoutWords(reader, each),
        [graphInitializer]: (each) => leftTensor(reader, each, location),
      })
    return joined(handle, within(reader, { content: 0, end: size }, { [modelGraph]: graph }))
  } catch (error) {
    if (error === notFollowed) return undefined
    throw error
  } finally {
    closeSync(handle)
  }
}

interface Reader {
  fields(start: number, end: number): Field[]
}

function readerOf(handle: number, size: number): Reader {
  const window = new Uint8Array(windowBytes)
  let [from, to, at] = [0, 0, 0]
  const nextByte = (): number => {
    if (at < from || at >= to) {
      from = at
      to = at + readSync(handle, window, 0, Math.min(windowBytes, size - at), at)
      if (at >= to) throw notFollowed
    }
    return window[at++ - from] as number
  }
  const varint = (): number => {
    let value = 0
    for (let scale = 1; scale < 2 ** 63; scale *= 128) {
      const byte = nextByte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    // a negative number, of ten bytes
    nextByte()
    return value
  }
  const skip = (wire: number): number => {
    if (wire === 0) varint()
    const length = wire === 2 ? varint() : ({ 0: 0, 1: 8, 5: 4 }[wire] ?? Number.NaN)
    return at + length
  }
  return {
    fields(start, limit) {
      const found: Field[] = []
      for (let next = start; next < limit; ) {
        at = next
        const tag = varint()
        const content = at
        const end = skip(tag & 7)
        if (!(end <= limit)) throw notFollowed
        found.push({ number: tag >>> 3, wire: tag & 7, start: next, content: (tag & 7) === 2 ? at : content, end })
        next = end
      }
      return found
    },
  }
}

/** What becomes of fields, by their numbers; undefined for those that stay as they are. */
type Changes = Readonly<Record<number, (field: Field) => Piece[] | undefined>>

/** A message whose fields of some numbers are changed; all others stay. */
function within(reader: Reader, { content, end }: Pick<Field, 'content' | 'end'>, changes: Changes): Piece[] {
  const pieces: Piece[] = []
  for (const field of reader.fields(content, end)) {
    const changed = field.wire === 2 ? changes[field.number]?.(field) : undefined
    if (changed) pieces.push(...message(field.number, changed))
    else pieces.push([field.start, field.end])
  }
  return pieces
}

const message = (number: number, pieces: Piece[]): Piece[] => {
  const length = pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece[1] - piece[0]), 0)
  return [bytes(number * 8 + 2, length), ...pieces]
}

function withoutWords(reader: Reader, { content, end }: Field): Piece[] | undefined {
  const fields = reader.fields(content, end)
  const kept = fields.filter(({ number }) => !nodeWords.has(number))
  return kept.length < fields.length ? kept.map((field) => [field.start, field.end]) : undefined
}

/** A tensor with its data where it lies, as external data. */
function leftTensor(reader: Reader, field: Field, location: string): Piece[] | undefined {
  const fields = reader.fields(field.content, field.end)
  const data = fields.find(({ number, end, content }) => number === tensor.rawData && end - content >= minWeightBytes)
  const elsewhere = fields.some(({ number }) => number === tensor.dataLocation)
  if (!data || elsewhere) return undefined
  const entry = (key: string, value: string): Piece[] => message(tensor.externalData, [...text(1, key), ...text(2, value)])
  return [
    [field.content, data.start],
    [data.end, field.end],
    ...entry('location', location),
    ...entry('offset', String(data.content)),
    ...entry('length', String(data.end - data.content)),
    bytes(tensor.dataLocation * 8, 1),
  ]
}

const text = (number: number, value: string): Piece[] => message(number, [new TextEncoder().encode(value)])

/** Numbers as protobuf writes them. */
function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => {
      const digits: number[] = []
      for (let rest = value; ; rest = Math.floor(rest / 128)) {
        if (rest < 128) return [...digits, rest]
        digits.push((rest % 128) + 128)
      }
    }),
  )
}

/** All pieces in a row; ranges that follow each other are read at once. */
function joined(handle: number, pieces: Piece[]): Uint8Array {
  const merged: Piece[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    const follows = last && !(last instanceof Uint8Array) && !(piece instanceof Uint8Array) && last[1] === piece[0]
    if (follows) merged[merged.length - 1] = [last[0], piece[1]]
    else merged.push(piece)
  }
  const total = merged.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece[1] - piece[0]), 0)
  const result = new Uint8Array(total)
  let at = 0
  for (const piece of merged) {
    if (piece instanceof Uint8Array) {
      result.set(piece, at)
      at += piece.length
      continue
    }
    for (let from = piece[0]; from < piece[1]; ) {
      const count = readSync(handle, result, at, piece[1] - from, from)
      if (count === 0) throw notFollowed
      from += count
      at += count
    }
  }
  return result
}
