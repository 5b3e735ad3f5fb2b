/** @file Files that are either whole or not there: written beside, then renamed. Whether a place can be written is found out first. */
import { rmSync } from 'node:fs'
import { access, constants, type FileHandle, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Refusal, refuse } from './exit.ts'

const drafts = new Set<string>()
let count = 0

/** Removes what was being written; for the moment a person stops the command. */
export function discardDrafts(): void {
  for (const draft of drafts) rmSync(draft, { force: true })
  drafts.clear()
}

/** The one name of a file, existing or not, whatever links lead to it. */
export async function canonical(path: string): Promise<string> {
  const absolute = resolve(path)
  return realpath(absolute).catch(async () => join(await realpath(dirname(absolute)).catch(() => dirname(absolute)), basename(absolute)))
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a folder',
  EEXIST: 'part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such folder',
  ENAMETOOLONG: 'the name is too long',
}

/** What is said where a place cannot be written. */
export function cannotWrite(path: string, cause: unknown): Refusal {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return refuse('cannot-write', `cannot write ${path}: ${reasons[code] ?? (code || String(cause))}`, 'choose another place', cause)
}

/** What is at a path: nothing, a file, a folder, or something that is written as it is and never replaced: a device, a pipe. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'special'> {
  const there = await stat(path).catch(() => undefined)
  if (there === undefined) return 'nothing'
  if (there.isDirectory()) return 'folder'
  return there.isFile() ? 'file' : 'special'
}

const draftIn = (folder: string): string => join(folder, `.gradcam-${process.pid}-${++count}.tmp`)

/** Makes a folder and a file in it, and removes the file again. */
async function probe(folder: string): Promise<void> {
  const draft = draftIn(folder)
  await mkdir(folder, { recursive: true })
  await (await open(draft, 'wx')).close()
  await rm(draft)
}

/** Makes sure that a file can be written at `path`, making its folder; refuses with `cannot-write`. */
export async function prepareFile(path: string): Promise<void> {
  try {
    const kind = await kindOf(path)
    if (kind === 'folder') throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    else if (kind === 'special') await access(path, constants.W_OK)
    else await probe(dirname(path))
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

/** Makes a folder, and makes sure that files can be written in it; refuses with `cannot-write`. */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await probe(path)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

export interface Draft {
  write: (data: Uint8Array | string) => Promise<void>
  /** Puts the file in its place. */
  commit: () => Promise<void>
  /** Leaves no trace. */
  discard: () => Promise<void>
}

/** Opens a file for writing that appears at `path` on commit. */
export async function openDraft(path: string): Promise<Draft> {
  const direct = (await kindOf(path)) === 'special'
  const target = direct ? path : await canonical(path)
  const draft = direct ? path : draftIn(dirname(target))
  const guarded = async <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((cause: unknown) => {
      throw cannotWrite(path, cause)
    })
  if (!direct) drafts.add(draft)
  const file: FileHandle = await guarded(async () => open(draft, direct ? 'a' : 'wx'))
  return {
    write: async (data) => guarded(async () => file.writeFile(data)),
    commit: async () =>
      guarded(async () => {
        await file.close()
        if (!direct) await rename(draft, target)
        drafts.delete(draft)
      }),
    discard: async () => {
      await file.close().catch(() => undefined)
      if (!direct) await rm(draft, { force: true })
      drafts.delete(draft)
    },
  }
}

/** Writes a whole file, or nothing. */
export async function writeWhole(path: string, data: Uint8Array | string): Promise<void> {
  const draft = await openDraft(path)
  try {
    await draft.write(data)
    await draft.commit()
  } catch (error) {
    await draft.discard()
    throw error
  }
}
