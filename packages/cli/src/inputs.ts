/** @file From files, folders and globs to the list of photos, with what is left out and why; other files that are named, read. */
import { type Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join, relative } from 'node:path'
import type { ErrorCode } from 'gradcam'
import { pathOf } from 'gradcam/node'
import { badOption, isRefusal, type Refusal, refuse } from './errors.ts'
import { atHome } from './flags/parse.ts'
import { type Skipped, skippedText } from './skipped.ts'
import { checkStdin, stdin } from './stdin.ts'

/** Endings of photos in folders; a file that is named may end in anything. */
const photoEndings: ReadonlySet<string> = new Set([
  ...['.jpg', '.jpeg', '.jpe', '.jfif', '.jif', '.jfi', '.png', '.webp', '.gif', '.tif', '.tiff', '.bmp', '.dib'],
  ...['.avif', '.heic', '.heif'],
])

/** gradcam's own figures, which a folder, a glob or the shell finds again. */
const isOwn = (name: string): boolean => /\.gradcam(-\d+)*\.\w+$/.test(name)

/** Files that systems keep beside photos. */
const systemFiles = /^(?:thumbs\.db|ehthumbs(?:_vista)?\.db|desktop\.ini|\.ds_store|picasa\.ini|\.picasa\.ini|\.nomedia)$/i

const ownFigures = 'figures made by gradcam'

/** Why a file is never a photo, whatever it is called. */
function systemReason(name: string): string | undefined {
  if (name.startsWith('._')) return "macOS's notes on other files"
  if (systemFiles.test(name)) return "systems' own files"
  return isOwn(name) ? ownFigures : undefined
}

function reasonToSkip({ name, folder }: { name: string; folder: boolean }): string | undefined {
  const system = systemReason(name)
  if (system !== undefined) return system
  if (name.startsWith('.')) return 'hidden'
  if (folder) return 'folders inside, which are not searched'
  const ending = extname(name).toLowerCase()
  return photoEndings.has(ending) ? undefined : `no photos: ${ending === '' ? 'without an ending' : ending}`
}

export interface Inputs {
  /** Paths in the order given; those of a folder or glob sorted by name; none twice. */
  photos: string[]
  /** Those that a folder or glob found: nobody named them. */
  found: ReadonlySet<string>
  /** What was found and is left out. */
  skipped: Skipped[]
  /** Errors of names that no photo matches. */
  problems: Refusal[]
}

/**
 * Expands files, folders (one level), globs, and `-` for stdin. A plain name is kept even when no such file exists: reading it says so.
 * gradcam's own figures and the files of systems are left out unless one is all that is named.
 */
export async function expandPhotos(names: readonly string[]): Promise<Inputs> {
  if (names.length === 0) throw badOption('no photo is named', 'name photos, folders or globs, as in gradcam explain photo.jpg')
  const photos = new Map<string, string>()
  const found = new Set<string>()
  const skipped: Skipped[] = []
  const problems: Refusal[] = []
  for (const name of names) {
    const expanded = await expand(atHome(name), names.length === 1)
    if (expanded instanceof Error) problems.push(expanded)
    else {
      skipped.push(...expanded.skipped)
      for (const photo of expanded.photos) photos.set(relative('.', photo), photo)
      if (!expanded.named) for (const photo of expanded.photos) found.add(photo)
    }
  }
  if (photos.size === 0)
    throw (
      problems[0] ??
      refuse('image-missing', `none of these is a photo: ${skippedText(skipped)}`, 'name one of them alone to explain it all the same')
    )
  // beside photos, one's own figures are no news
  return { photos: [...photos.values()], found, skipped: skipped.filter(({ reason }) => reason !== ownFigures), problems }
}

interface Expanded {
  photos: string[]
  skipped: Skipped[]
  /** Whether a person named it. */
  named: boolean
}

async function expand(given: string, alone: boolean): Promise<Expanded | Refusal> {
  if (given === stdin) {
    checkStdin()
    return { photos: [stdin], skipped: [], named: true }
  }
  let name: string
  try {
    name = pathOf(given)
  } catch (error) {
    if (isRefusal(error) && !alone) return error
    throw error
  }
  const there = await stat(name).catch(() => undefined)
  if (there?.isDirectory()) return inFolder(name)
  const one = (): Expanded => {
    const reason = alone ? undefined : systemReason(basename(name))
    return { photos: reason === undefined ? [name] : [], skipped: reason === undefined ? [] : [{ path: name, reason }], named: true }
  }
  if (there || !/[*?[\]{}!()]/.test(name)) return one()
  const { glob, isDynamicPattern } = await import('tinyglobby')
  if (!isDynamicPattern(name)) return one()
  const paths = (await glob(name, { expandDirectories: false, onlyFiles: true })).sort()
  const sorted = sortedOut(paths.map((path) => ({ path, name: basename(path), folder: false })))
  if (sorted.photos.length > 0) return sorted
  const rest = sorted.skipped.length > 0 ? `, only ${skippedText(sorted.skipped)}` : ''
  return refuse('image-missing', `no photos match ${name}${rest}`, 'check the pattern, and quote it for the shell')
}

async function inFolder(folder: string): Promise<Expanded | Refusal> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => cause as Error)
  if (entries instanceof Error)
    return refuse('image-unreadable', `cannot read the folder ${folder}`, 'check its permissions', { cause: entries })
  const isFolder = async (entry: Dirent): Promise<boolean> =>
    entry.isDirectory() || (entry.isSymbolicLink() && (await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory() === true)
  const all = await Promise.all(
    entries.map(async (entry) => ({ path: join(folder, entry.name), name: entry.name, folder: await isFolder(entry) })),
  )
  const sorted = sortedOut(all.sort((a, b) => (a.name < b.name ? -1 : 1)))
  if (sorted.photos.length > 0) return sorted
  const rest = sorted.skipped.length > 0 ? `, only ${skippedText(sorted.skipped)}` : ''
  const hint = `a photo's name ends in one of ${[...photoEndings].join(' ')}; folders inside are not searched`
  return refuse('image-missing', `no photos in the folder ${folder}${rest}`, hint)
}

function sortedOut(all: readonly { path: string; name: string; folder: boolean }[]): Expanded {
  const expanded: Expanded = { photos: [], skipped: [], named: false }
  for (const { path, ...entry } of all) {
    const reason = reasonToSkip(entry)
    if (reason === undefined) expanded.photos.push(path)
    else expanded.skipped.push({ path, reason })
  }
  return expanded
}

/** A file that a flag names. */
export const readNamed = (path: string, code: ErrorCode, hint: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw refuse(code, `cannot read ${path}`, hint, { cause })
  })

/** The value of JSON text of such a file. */
export function valueOf(text: string, path: string, hint: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw badOption(`${path} is not JSON`, hint, { cause })
  }
}
