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
  const read: { target?: ObjectiveInput[]; targets?: ObjectiveInput[] } = {}
  for (const name of ['target', 'targets'] as const) {
    const given = options[name]
    if (given === undefined) continue
    const inputs: ObjectiveInput[] = []
    for (const input of [given].flat()) inputs.push(await withSource(input, labels, files))
    read[name] = inputs
  }
  return { ...options, ...read }
}

/** The target with what its files hold; where it came from is remembered. */
async function withSource(input: ObjectiveInput, labels: readonly string[], { read, decode, prepare }: Files): Promise<ObjectiveInput> {
  const digests: FileDigest[] = []
  const described = (text: AnyInput): AnyInput => (typeof text === 'string' ? parseObjective(text, labels) : text)
  const bytes: ObjectiveFiles['bytes'] = async (file) => {
    const content = await read(file, maxBytes)
    digests.push({ file, sha256: await sha256(content) })
    return content
  }
  const files: ObjectiveFiles = {
    bytes,
    tensor: async (file) => tensorReader(file)?.(await bytes(file)),
    photo: async (file) => decode(await bytes(file), file),
    prepared: prepare,
    async inner(inner) {
      const spec = described(inner)
      checkObjective(spec)
      return typeof spec === 'object' ? ((await kindNamed(spec.kind)?.readFiles?.(spec, files)) ?? spec) : spec
    },
  }
  const given = described(input)
  const spec = (await files.inner(given)) as ObjectiveInput
  return typeof spec === 'object' && typeof given === 'object' && spec !== given
    ? rememberSource(spec, { spec: given, files: digests })
    : spec
}
