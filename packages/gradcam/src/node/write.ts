/** @file Files that are either whole or not there: written beside, then renamed. */
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import type { Host } from '../host.ts'

let count = 0

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such folder',
  ENAMETOOLONG: 'the name is too long',
}

/** Replaces the file that a path leads to, through links. Devices and pipes are written as they are. */
async function put(path: string, data: Uint8Array | string): Promise<void> {
  const there = await stat(path).catch(() => undefined)
  if (there && !there.isFile()) return writeFile(path, data)
  const target = there ? await realpath(path) : path
  const draft = join(dirname(target), `.gradcam-${process.pid}-${++count}.tmp`)
  try {
    await writeFile(draft, data, { flag: 'wx' })
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

export const write: NonNullable<Host['write']> = (path, data) =>
  put(path, data).catch((cause: unknown) => {
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw new GradcamError('cannot-write', `cannot write ${path}: ${reasons[code] ?? message}`, {
      hint: 'choose another place, or make its folder first',
      cause,
    })
  })
