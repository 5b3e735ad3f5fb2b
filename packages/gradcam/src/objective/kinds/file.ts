/** @file An objective that lies in a JSON file. */
import { GradcamError } from '../../core/errors.ts'
import { text } from '../fields.ts'
import type { AnyInput, ObjectiveKind } from '../kind.ts'
import { badTarget, notRead } from '../refusal.ts'

/** An objective that lies in a JSON file. */
export interface FileSpec {
  kind: 'file'
  file: string
}

export const fileKind: ObjectiveKind<FileSpec> = {
  kind: 'file',
  fields: { 'file!': text },
  help: [['{"kind": …}  @target.json', 'any of them as JSON, see docs/targets.md']],
  async readFiles({ file }, { bytes, inner }) {
    let value: unknown
    try {
      value = JSON.parse(new TextDecoder().decode(await bytes(file)))
    } catch (cause) {
      if (cause instanceof GradcamError) throw cause
      throw badTarget(`${file} is not JSON`, 'write {"kind": …} with double quotes', cause)
    }
    const { kind, file: other } = Object(value) as Partial<FileSpec>
    if (kind === 'file') throw badTarget(`${file} names another file, ${other}`, 'name that one itself')
    return inner(value as AnyInput)
  },
  async make({ file }) {
    throw notRead(file)
  },
}
