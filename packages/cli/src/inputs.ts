/** @file From files, folders and globs to the list of photos; other files that are named, read. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import type { ErrorCode } from 'gradcam'
import { badOption, type Refusal, refuse } from './errors.ts'

/** Endings of photos in folders; a file that is named may end in anything. */
const photoEndings = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'])

/** gradcam's own figures, which a folder, a glob or the shell finds again. */
const isOwn = (name: string): boolean => /\.gradcam(-\d+)*\.\w+$/.test(name)
const isPhoto = (name: string): boolean => photoEndings.has(extname(name).toLowerCase()) && !isOwn(name)

export interface Inputs {
  /** Paths in the order given; those of a folder or glob sorted by name; none twice. */
  photos: string[]
  /** Errors of names that no photo matches. */
  problems: Refusal[]
}

/**
 * Expands files, folders (one level) and globs. A plain name is kept even when no such file exists: reading it says so.
 * gradcam's own figures are left out unless one is all that is named.
 */
export async function expandPhotos(names: readonly string[]): Promise<Inputs> {
  if (names.length === 0) throw badOption('no photo is named', 'name photos, folders or globs, as in gradcam explain photo.jpg')
  const photos = new Map<string, string>()
  const problems: Refusal[] = []
  for (const name of names) {
    const found = await expand(name)
    if (found instanceof Error) problems.push(found)
    else for (const photo of found) if (names.length === 1 || !isOwn(photo)) photos.set(relative('.', photo), photo)
  }
  if (photos.size === 0) {
    const hint = 'name one of them alone to explain it all the same'
    throw problems[0] ?? refuse('image-missing', 'all of these are figures made by gradcam', hint)
  }
  return { photos: [...photos.values()], problems }
}

async function expand(name: string): Promise<string[] | Refusal> {
  const there = await stat(name).catch(() => undefined)
  if (there?.isDirectory()) {
    const photos = (await readdir(name)).filter(isPhoto).sort()
    if (photos.length > 0) return photos.map((photo) => join(name, photo))
    const hint = `a photo's name ends in one of ${[...photoEndings].join(' ')}; folders inside are not searched`
    return refuse('image-missing', `no photos in the folder ${name}`, hint)
  }
  if (there || !/[*?[\]{}!()]/.test(name)) return [name]
  const { glob, isDynamicPattern } = await import('tinyglobby')
  if (!isDynamicPattern(name)) return [name]
  const photos = (await glob(name, { expandDirectories: false, onlyFiles: true })).filter(isPhoto).sort()
  return photos.length > 0 ? photos : refuse('image-missing', `no photos match ${name}`, 'check the pattern, and quote it for the shell')
}

/** A file that a flag names. */
export const readNamed = (path: string, code: ErrorCode, hint: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw refuse(code, `cannot read ${path}`, hint, { cause })
  })

/** The value of JSON text of such a file. */
export function valueOf(text: string, path: string, hint: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badOption(`${path} is not JSON`, hint, { cause })
  }
}
