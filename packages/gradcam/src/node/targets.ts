/** @file Files that targets name, read from disk. */
import { readFile, stat } from 'node:fs/promises'
import { GradcamError } from '../core/errors.ts'
import type { Tensor } from '../core/tensor.ts'
import type { ExplainOptions } from '../explain/request.ts'
import { type FileReader, withFiles as withFilesOf } from '../objective/files.ts'
import type { ObjectiveInput } from '../objective/kinds.ts'

async function readBytes(file: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > maxBytes) throw new GradcamError('bad-target', `${file} has ${size} bytes`, { hint: `at most ${maxBytes}` })
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    throw new GradcamError('bad-target', `cannot read ${file}, which the target names`, { hint: 'check the path', cause })
  }
}

/** The same options, with what the files of their targets hold. */
export async function withFiles(
  options: ExplainOptions = {},
  labels: readonly string[],
  prepare: (photo: string) => Promise<Tensor>,
): Promise<ExplainOptions> {
  const { target, targets } = options
  const reader: FileReader = { read: readBytes, decode: async (bytes) => (await import('./image.ts')).readImage(bytes), prepare }
  const all = (inputs: readonly ObjectiveInput[]): Promise<ObjectiveInput[]> =>
    Promise.all(inputs.map((each) => withFilesOf(each, labels, reader)))
  return {
    ...options,
    ...(target === undefined
      ? {}
      : { target: await all(Array.isArray(target) ? (target as readonly ObjectiveInput[]) : [target as ObjectiveInput]) }),
    ...(targets === undefined ? {} : { targets: await all(targets) }),
  }
}
