/** @file Files that are either whole or not there: written beside, then renamed. Whether a place can be written is found out first. */
import { rmSync } from 'node:fs'
import { access, constants, type FileHandle, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'

const drafts = new Set<string>()
let count = 0

/** Removes what is being written; for the moment a person stops the program. */
export function discardDrafts(): void {
  for (const draft of drafts) rmSync(draft, { force: true })
  drafts.clear()
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

/** Does what writes to `path`; whatever goes wrong is a GradcamError `cannot-write`. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  return work().catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw new GradcamError('cannot-write', `cannot write ${path}: ${reasons[code] ?? (code || String(cause))}`, {
      hint: 'choose another place',
      cause,
    })
  })
}

const failure = (code: string): Error => Object.assign(new Error(code), { code })

/** What is at a path: nothing, a file, a folder, or something that is written as it is and never replaced: a device, a pipe. */
async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'special'> {
  const there = await stat(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  })
  if (there === undefined) return 'nothing'
  if (there.isDirectory()) return 'folder'
  return there.isFile() ? 'file' : 'special'
}

const draftIn = (folder: string): string => join(folder, `.gradcam-${process.pid}-${++count}.tmp`)

/** Makes a folder level by level: Node's recursive mkdir never ends where a file system refuses new folders by ENOENT, as /proc does. */
async function makeLevels(folder: string): Promise<void> {
  const kind = await kindOf(folder)
  if (kind === 'folder') return
  if (kind !== 'nothing' || dirname(folder) === folder) throw failure('ENOTDIR')
  await makeLevels(dirname(folder))
  await mkdir(folder).catch((cause: unknown) => {
    // another one may have made it meanwhile
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  })
}

/** Makes a folder and a file in it, and removes the file again. */
async function probe(folder: string): Promise<void> {
  const draft = draftIn(folder)
  await makeLevels(resolve(folder))
  await (await open(draft, 'wx')).close()
  await rm(draft)
}

/**
 * Makes sure that a file can be written at `path`, making its folder.
 *
 * @throws GradcamError `cannot-write`
 */
export const prepareFile = (path: string): Promise<void> =>
  writing(path, async () => {
    const kind = await kindOf(path)
    if (kind === 'folder') throw failure('EISDIR')
    if (kind === 'special') await access(path, constants.W_OK)
    else await probe(dirname(path))
  })

/**
 * Makes a folder, and makes sure that files can be written in it.
 *
 * @throws GradcamError `cannot-write`
 */
export const prepareFolder = (path: string): Promise<void> => writing(path, () => probe(path))

/** The one name of a file, existing or not, whatever links lead to it. */
export async function canonical(path: string): Promise<string> {
  const absolute = resolve(path)
  return realpath(absolute).catch(async () => join(await realpath(dirname(absolute)).catch(() => dirname(absolute)), basename(absolute)))
}

/** A file that is being written. */
export interface Draft {
  write(data: Uint8Array | string): Promise<void>
  /** Puts the file in its place. */
  commit(): Promise<void>
  /** Leaves no trace. */
  discard(): Promise<void>
}

/**
 * Opens a file for writing that appears at `path` on commit. Devices and pipes are written as they are.
 *
 * @throws GradcamError `cannot-write`
 */
export const openDraft = (path: string): Promise<Draft> =>
  writing(path, async () => {
    const direct = (await kindOf(path)) === 'special'
    const target = direct ? path : await canonical(path)
    const draft = direct ? path : draftIn(dirname(target))
    if (!direct) drafts.add(draft)
    const file: FileHandle = await open(draft, direct ? 'a' : 'wx')
    return {
      write: (data) => writing(path, () => file.writeFile(data)),
      commit: () =>
        writing(path, async () => {
          await file.close()
          if (!direct) await rename(draft, target)
          drafts.delete(draft)
        }),
      async discard() {
        await file.close().catch(() => undefined)
        if (!direct) await rm(draft, { force: true })
        drafts.delete(draft)
      },
    }
  })

/**
 * Writes a whole file, or nothing.
 *
 * @throws GradcamError `cannot-write`
 */
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
