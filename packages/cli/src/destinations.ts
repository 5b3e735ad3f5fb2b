/** @file Where results go: one file for one photo, a folder for several, `-` for stdout; never onto a photo. */
import { basename, extname, join } from 'node:path'
import { badOption } from './errors.ts'
import { canonical, kindOf, prepareFile, prepareFolder } from './output.ts'

/** The name that stands for stdout. */
export const stdout = '-'

export interface Kind {
  /** The flag that names the place. */
  flag: string
  /** Ends the names in a folder, after the photo's own. */
  suffix: string
  /** Endings that a file may have. */
  endings: readonly string[]
}

/** A path for every photo, in their order. Makes the folder, and refuses places that cannot be written, before any work. */
export function destinations(photos: readonly string[], place: string, kind: Kind): string[] {
  if (place === stdout) return toStdout(photos.length, kind)
  const toFolder = isFolder(place, photos.length, kind)
  const paths = toFolder ? inFolder(photos, place, kind.suffix) : [place]
  refuseOverwriting(photos, paths)
  if (toFolder) prepareFolder(place)
  else prepareFile(place)
  return paths
}

function toStdout(photos: number, { flag, endings }: Kind): string[] {
  if (photos > 1) throw badOption(`${flag} - is one file, but there are ${photos} photos`, 'name a folder')
  if (!process.stdout.isTTY) return [stdout]
  throw badOption(`${flag} - would fill the terminal with a file`, `send it on, as in ${flag} - > why${endings[0]}`)
}

function isFolder(place: string, photos: number, { flag, endings }: Kind): boolean {
  const there = kindOf(place)
  if (there === 'folder' || /[/\\]$/.test(place)) return true
  const ending = extname(place).toLowerCase()
  if (photos > 1 && (there !== 'nothing' || endings.includes(ending))) {
    throw badOption(`${flag} ${place} is one file, but there are ${photos} photos`, 'name a folder')
  }
  if (photos > 1) return true
  if (endings.includes(ending) || there === 'special') return false
  if (ending === '') return true
  throw badOption(`${flag} ${place}: cannot write ${ending} files`, `end the name in ${endings.join(', ')}, or a folder's name in /`)
}

/** Equal names of photos from several folders get numbers. */
function inFolder(photos: readonly string[], folder: string, suffix: string): string[] {
  const taken = new Set<string>()
  return photos.map((photo) => {
    const stem = photo === stdout ? 'stdin' : basename(photo, extname(photo))
    let name = `${stem}${suffix}`
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = numbered(`${stem}${suffix}`, n)
    taken.add(name.toLowerCase())
    return join(folder, name)
  })
}

/** Refuses when a result would replace something that is read. */
export function refuseOverwriting(inputs: readonly string[], outputs: readonly string[]): void {
  const read = new Set(inputs.map(canonical))
  for (const path of outputs) {
    if (path !== stdout && read.has(canonical(path))) throw badOption(`${path} would be overwritten`, 'choose another place for the result')
  }
}

/** Refuses when two results would be written to one place. */
export function refuseSharing(outputs: readonly string[]): void {
  const taken = new Set<string>()
  for (const path of outputs) {
    const place = path === stdout ? stdout : canonical(path)
    // devices and pipes take everything
    if (taken.has(place) && kindOf(path) !== 'special')
      throw badOption(`two results would be written to ${path === stdout ? 'stdout' : path}`, 'choose another place for one of them')
    taken.add(place)
  }
}

/** The place of one of several results that share a name: `mask.png` → `mask-2.png`. */
export function numbered(path: string, number: number): string {
  const ending = extname(path)
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`
}
