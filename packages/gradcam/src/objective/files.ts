/** @file Files that a target names: masks, reference photos, scores as ONNX, descriptions as JSON; read before anything is explained. */
import { sha256 } from '../core/digest.ts'
import type { Pixels } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { tensorReader } from '../io/tensor-file.ts'
import { checkObjective } from './check.ts'
import type { AnyInput, ObjectiveFiles } from './kind.ts'
import { kindNamed, type ObjectiveInput } from './kinds.ts'
import { type FileDigest, rememberSource } from './source.ts'
import { parseObjective } from './words.ts'

/** What the files of targets are read with. */
export interface Files {
  /** Bytes by name, at most `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array>
  /** The pixels of an image file. */
  decode(bytes: Uint8Array, name: string): Promise<Pixels>
  /** A photo or tensor file, as the network takes it. */
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
  const read = async (inputs: readonly ObjectiveInput[]): Promise<ObjectiveInput[]> => {
    const results: ObjectiveInput[] = []
    for (const input of inputs) results.push(await withSource(input, labels, files))
    return results
  }
  return {
    ...options,
    ...(target === undefined
      ? {}
      : { target: await read(Array.isArray(target) ? (target as ObjectiveInput[]) : [target as ObjectiveInput]) }),
    ...(targets === undefined ? {} : { targets: await read(targets) }),
  }
}

/** The target with what its files hold; where it came from is remembered. */
async function withSource(input: ObjectiveInput, labels: readonly string[], files: Files): Promise<ObjectiveInput> {
  const digests: FileDigest[] = []
  const read: Files['read'] = async (file, limit) => {
    const bytes = await files.read(file, limit)
    digests.push({ file, sha256: await sha256(bytes) })
    return bytes
  }
  const given = typeof input === 'string' ? parseObjective(input, labels) : input
  const spec = (await withFile(given, labels, { ...files, read })) as ObjectiveInput
  return typeof spec === 'object' && typeof given === 'object' && spec !== given
    ? rememberSource(spec, { spec: given, files: digests })
    : spec
}

async function withFile(input: AnyInput, labels: readonly string[], { read, decode, prepare }: Files): Promise<AnyInput> {
  const bytes: ObjectiveFiles['bytes'] = (file) => read(file, maxBytes)
  const files: ObjectiveFiles = {
    bytes,
    tensor: async (file) => tensorReader(file)?.(await bytes(file)),
    photo: async (file) => decode(await bytes(file), file),
    prepared: prepare,
    inner: (inner) => withFile(inner, labels, { read, decode, prepare }),
  }
  const spec = typeof input === 'string' ? parseObjective(input, labels) : input
  checkObjective(spec)
  return typeof spec === 'object' ? ((await kindNamed(spec.kind)?.readFiles?.(spec, files)) ?? spec) : spec
}
