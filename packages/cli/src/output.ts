/** @file Files that are either whole or not there: written beside, then renamed. Whether a place can be written is found out first. */
import { accessSync, closeSync, constants, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Refusal, refuse } from './errors.ts'

/** The one name of a file, existing or not, whatever links lead to it. */
export function canonical(path: string): string {
  const absolute = resolve(path)
  const real = (name: string): string | undefined => attempt(() => realpathSync(name))
  return real(absolute) ?? join(real(dirname(absolute)) ?? dirname(absolute), basename(absolute))
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a folder',
  EEXIST: 'part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'its folder is missing and cannot be made',
  ENAMETOOLONG: 'the name is too long',
}

/** The error of a place that cannot be written. */
export function cannotWrite(path: string, cause: unknown): Refusal {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return refuse('cannot-write', `cannot write ${path}: ${reasons[code] ?? (code || String(cause))}`, 'choose another place', { cause })
}

/** Runs what writes to `path`; whatever goes wrong is `cannot-write`. */
function writing<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

/** What is at a path. `special` is a device or a pipe: written directly, never replaced. */
export function kindOf(path: string): 'nothing' | 'file' | 'folder' | 'special' {
  const there = attempt(() => statSync(path))
  if (there === undefined) return 'nothing'
  if (there.isDirectory()) return 'folder'
  return there.isFile() ? 'file' : 'special'
}

// level by level from the first folder that exists: Node's recursive mkdir never ends where a level cannot be made, as in /proc
function makeFolder(path: string): void {
  if (kindOf(path) === 'folder') return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path)
  } catch (cause) {
    // another process may have been faster
    if (kindOf(path) !== 'folder') throw cause
  }
}

let count = 0
const draftIn = (folder: string): string => join(folder, `.gradcam-${process.pid}-${++count}.tmp`)

/** Makes a folder and a file in it, and removes the file again. */
function probe(folder: string): void {
  const draft = draftIn(folder)
  makeFolder(resolve(folder))
  closeSync(openSync(draft, 'wx'))
  rmSync(draft)
}

/** Makes sure that a file can be written at `path`, making its folder; refuses with `cannot-write`. */
export function prepareFile(path: string): void {
  writing(path, () => {
    const kind = kindOf(path)
    if (kind === 'folder') throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    else if (kind === 'special') accessSync(path, constants.W_OK)
    else probe(dirname(path))
  })
}

/** Makes a folder, and makes sure that files can be written in it; refuses with `cannot-write`. */
export const prepareFolder = (path: string): void => writing(path, () => probe(path))

export interface Draft {
  write: (data: Uint8Array | string) => void
  /** Puts the file in its place. */
  commit: () => void
  /** Leaves no trace. */
  discard: () => void
}

const unfinished = new Set<() => void>()

/** Registers what to do with an unfinished file when the command is stopped; returns the way to take that back. */
export function whenStopped(end: () => void): () => void {
  unfinished.add(end)
  return () => unfinished.delete(end)
}

/** Ends every unfinished file, the latest first, for the moment the command is stopped. */
export function endUnfinished(): void {
  // what keeps a file takes back what would discard it
  for (const end of [...unfinished].reverse()) if (unfinished.has(end)) attempt(end)
  unfinished.clear()
}

/** Opens a file for writing that appears at `path` on commit; it is discarded when the command is stopped before. */
export function openDraft(path: string): Draft {
  const direct = kindOf(path) === 'special'
  const place = direct ? path : canonical(path)
  const draft = direct ? path : draftIn(dirname(place))
  const file = writing(path, () => openSync(draft, direct ? 'a' : 'wx'))
  const discard = (): void => {
    forget()
    attempt(() => closeSync(file))
    if (!direct) rmSync(draft, { force: true })
  }
  const forget = whenStopped(discard)
  return {
    discard,
    write: (data) => writing(path, () => writeFileSync(file, data)),
    commit: () =>
      writing(path, () => {
        closeSync(file)
        if (!direct) renameSync(draft, place)
        forget()
      }),
  }
}

/** Writes a whole file, or nothing. */
export function writeWhole(path: string, data: Uint8Array | string): void {
  const draft = openDraft(path)
  try {
    draft.write(data)
    draft.commit()
  } catch (error) {
    draft.discard()
    throw error
  }
}
