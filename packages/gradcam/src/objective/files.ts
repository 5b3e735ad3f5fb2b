/** @file Files that an objective names: masks, reference photos, scores as ONNX, descriptions as JSON; read before anything is explained. */
import type { Pixels } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { readNpy } from '../io/npy.ts'
import { readTensorProto } from '../io/onnx-tensor.ts'
import { checkObjective } from './check.ts'
import type { AnyInput, ObjectiveFiles } from './kind.ts'
import { kindNamed, type ObjectiveInput } from './kinds.ts'
import { parseObjective } from './words.ts'

/** Reads what is named, on the platform at hand. */
export interface FileReader {
  read(file: string, maxBytes: number): Promise<Uint8Array>
  decode(bytes: Uint8Array, name: string): Promise<Pixels>
  /** A photo or tensor file as the network takes it. */
  prepare(file: string): Promise<Tensor>
}

const maxBytes = 64 * 2 ** 20

/** The objective with what its files hold, checked. */
export async function withFiles(input: ObjectiveInput, labels: readonly string[], reader: FileReader): Promise<ObjectiveInput> {
  const bytes = (file: string): Promise<Uint8Array> => reader.read(file, maxBytes)
  const files: ObjectiveFiles = {
    bytes,
    async tensor(file) {
      const ending = /\.(npy|pb)$/i.exec(file)?.[1]?.toLowerCase()
      if (ending === undefined) return undefined
      return ending === 'npy' ? readNpy(await bytes(file)) : readTensorProto(await bytes(file))
    },
    photo: async (file) => reader.decode(await bytes(file), file),
    prepared: reader.prepare,
    inner,
  }
  async function inner(each: AnyInput): Promise<AnyInput> {
    const spec = typeof each === 'string' ? parseObjective(each, labels) : each
    checkObjective(spec)
    return typeof spec === 'object' ? ((await kindNamed(spec.kind)?.readFiles?.(spec, files)) ?? spec) : spec
  }
  return (await inner(input)) as ObjectiveInput
}
