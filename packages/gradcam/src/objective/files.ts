/** @file Files that a target names: masks, reference photos, scores as ONNX, descriptions as JSON; read before anything is explained. */
import { GradcamError } from '../core/errors.ts'
import { tensorReader } from '../io/tensor-file.ts'
import { toGrey } from '../image/convert.ts'
import type { Pixels } from '../core/pixels.ts'
import { checkObjective } from './check.ts'
import { parseObjective } from './parse.ts'
import type { FileRef, Mask, SimilarSpec, ObjectiveInput } from './spec.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'

/** What the files of targets are read with. */
export interface Files {
  /** Bytes by name, at most `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array>
  /** The pixels of an image file. */
  decode(bytes: Uint8Array, name: string): Promise<Pixels>
  /** A photo, preprocessed as the network takes it. */
  prepare(photo: string): Promise<Tensor>
}

interface Targets {
  target?: ObjectiveInput | readonly ObjectiveInput[]
  targets?: readonly ObjectiveInput[]
}

const maxBytes = 64 * 2 ** 20

/** The same options, with what the files of their targets hold. */
export async function withFiles<T extends Targets>(options: T, labels: readonly string[], files: Files): Promise<T> {
  const { target, targets } = options
  const read = (each: ObjectiveInput): Promise<ObjectiveInput> => withFile(each, labels, files)
  return {
    ...options,
    ...(target === undefined
      ? {}
      : { target: Array.isArray(target) ? await all(target as readonly ObjectiveInput[], read) : await read(target as ObjectiveInput) }),
    ...(targets === undefined ? {} : { targets: await all(targets, read) }),
  }
}

const all = async <T>(items: readonly T[], read: (item: T) => Promise<T>): Promise<T[]> => {
  const results: T[] = []
  for (const item of items) results.push(await read(item))
  return results
}

async function withFile(target: ObjectiveInput, labels: readonly string[], files: Files): Promise<ObjectiveInput> {
  const spec = typeof target === 'string' ? parseObjective(target, labels) : target
  checkObjective(spec)
  if (typeof spec !== 'object') return spec
  switch (spec.kind) {
    case 'file':
      return withFile(await readJson(spec.file, files), labels, files)
    case 'against':
      return { ...spec, target: await withFile(spec.target, labels, files) }
    case 'region': {
      const { over } = spec
      if (typeof over !== 'object' || !('mask' in over) || !('file' in over.mask)) return spec
      return { ...spec, over: { mask: await readMask(over.mask, files) } }
    }
    case 'similar':
      return 'file' in spec.to ? { ...spec, to: await readReference(spec.to, files) } : spec
    case 'onnx':
      return spec.model instanceof Uint8Array ? spec : { ...spec, model: await readBytes(spec.model.file, files) }
    default:
      return spec
  }
}

async function readBytes(file: string, { read }: Files): Promise<Uint8Array> {
  return read(file, maxBytes).catch((cause: unknown) => {
    if (!(cause instanceof GradcamError)) throw cause
    throw new GradcamError('bad-target', `a file that the target names: ${cause.message}`, { hint: cause.hint, cause })
  })
}

async function readJson(file: string, files: Files): Promise<ObjectiveInput> {
  const text = new TextDecoder().decode(await readBytes(file, files))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new GradcamError('bad-target', `${file} is not JSON`, { hint: 'write {"kind": …} with double quotes', cause })
  }
  checkObjective(value)
  if (typeof value === 'object' && value.kind === 'file')
    throw new GradcamError('bad-target', `${file} names another file, ${value.file}`, { hint: 'name that one itself' })
  return value
}

/** White is inside; of a `.npy` or `.pb` tensor whatever is over a half. */
async function readMask({ file }: FileRef, files: Files): Promise<Mask> {
  const bytes = await readBytes(file, files)
  const tensor = tensorReader(file)?.(bytes)
  if (!tensor) return maskOf(await files.decode(bytes, file))
  const [height = 1, width = 1] = tensor.dims.slice(-2)
  return { width, height, data: toFloat32(tensor) }
}

function maskOf(pixels: Pixels): Mask {
  const { width, height, data } = toGrey(pixels)
  return { width, height, data: Float32Array.from(data, (value) => value / 255) }
}

/** A photo; or numbers, which are a preprocessed image where they have four dimensions, else an embedding. */
async function readReference({ file }: FileRef, files: Files): Promise<SimilarSpec['to']> {
  const tensor = tensorReader(file)?.(await readBytes(file, files))
  if (tensor && tensor.dims.length !== 4) return toFloat32(tensor)
  return { image: await files.prepare(file), name: file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1) }
}
