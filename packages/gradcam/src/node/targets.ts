/** @file Files that a target names: masks, reference photos, scores as ONNX, descriptions as JSON; read before anything is explained. */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import { readNpy } from '../io/npy.ts'
import { readTensorProto } from '../io/onnx-tensor.ts'
import type { ExplainOptions } from '../explain/explainer.ts'
import { toGrey } from '../image/convert.ts'
import type { Pixels } from '../core/pixels.ts'
import { checkObjective } from '../objective/check.ts'
import { parseObjective } from '../objective/parse.ts'
import type { FileRef, Mask, SimilarSpec, ObjectiveInput } from '../objective/spec.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'

/** A photo, preprocessed as the network wants it. */
type Prepare = (photo: string) => Promise<Tensor>

const maxBytes = 64 * 2 ** 20

/** The same options, with what the files of their targets hold. */
export async function withFiles(options: ExplainOptions = {}, labels: readonly string[], prepare: Prepare): Promise<ExplainOptions> {
  const { target, targets } = options
  const read = (each: ObjectiveInput): Promise<ObjectiveInput> => withFile(each, labels, prepare)
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

async function withFile(target: ObjectiveInput, labels: readonly string[], prepare: Prepare): Promise<ObjectiveInput> {
  const spec = typeof target === 'string' ? parseObjective(target, labels) : target
  checkObjective(spec)
  if (typeof spec !== 'object') return spec
  switch (spec.kind) {
    case 'file':
      return withFile(await readJson(spec.file), labels, prepare)
    case 'against':
      return { ...spec, target: await withFile(spec.target, labels, prepare) }
    case 'region': {
      const { over } = spec
      if (typeof over !== 'object' || !('mask' in over) || !('file' in over.mask)) return spec
      return { ...spec, over: { mask: await readMask(over.mask) } }
    }
    case 'similar':
      return 'file' in spec.to ? { ...spec, to: await readReference(spec.to, prepare) } : spec
    case 'onnx':
      return spec.model instanceof Uint8Array ? spec : { ...spec, model: await readBytes(spec.model.file) }
    default:
      return spec
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > maxBytes) throw new GradcamError('bad-target', `${file} has ${size} bytes`, { hint: `at most ${maxBytes}` })
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    throw new GradcamError('bad-target', `cannot read ${file}, which the target names`, { hint: 'check the path', cause })
  }
}

async function readJson(file: string): Promise<ObjectiveInput> {
  const text = new TextDecoder().decode(await readBytes(file))
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
async function readMask({ file }: FileRef): Promise<Mask> {
  const tensor = await readTensor(file)
  if (tensor) {
    const [height = 1, width = 1] = tensor.dims.slice(-2)
    return { width, height, data: toFloat32(tensor) }
  }
  const { readImage } = await import('./image.ts')
  return maskOf(await readImage(file))
}

function maskOf(pixels: Pixels): Mask {
  const { width, height, data } = toGrey(pixels)
  return { width, height, data: Float32Array.from(data, (value) => value / 255) }
}

/** A photo; or numbers, which are a preprocessed picture where they have four dimensions, else an embedding. */
async function readReference({ file }: FileRef, prepare: Prepare): Promise<SimilarSpec['to']> {
  const tensor = await readTensor(file)
  if (tensor && tensor.dims.length !== 4) return toFloat32(tensor)
  return { image: await prepare(file), name: basename(file) }
}

async function readTensor(file: string): Promise<Tensor | undefined> {
  const lower = file.toLowerCase()
  if (!lower.endsWith('.npy') && !lower.endsWith('.pb')) return undefined
  const bytes = await readBytes(file)
  return lower.endsWith('.npy') ? readNpy(bytes) : readTensorProto(bytes)
}
