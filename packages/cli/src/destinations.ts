/** @file Where results go: one file for one photo, a folder for several; never onto a photo. */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { refuse } from './exit.ts'
import { canonical, prepareFile, prepareFolder } from './output.ts'

export interface Kind {
  /** The option that names the place. */
  option: string
  /** What is put behind a photo's name in a folder. */
  suffix: string
  /** Endings a file may have. */
  endings: readonly string[]
}

/** A path for every photo, in their order. Makes the folder, and refuses places that cannot be written, before any work. */
export async function destinations(photos: readonly string[], place: string, kind: Kind): Promise<string[]> {
  const toFolder = await isFolder(place, photos.length, kind)
  const paths = toFolder ? inFolder(photos, place, kind.suffix) : [place]
  await refuseOverwriting(photos, paths)
  await (toFolder ? prepareFolder(place) : prepareFile(place))
  return paths
}

async function isFolder(place: string, photos: number, { option, endings }: Kind): Promise<boolean> {
  const there = await stat(place).catch(() => undefined)
  if (there?.isDirectory() || /[/\\]$/.test(place)) return true
  const ending = extname(place).toLowerCase()
  if (photos > 1 && (there !== undefined || endings.includes(ending))) {
    throw refuse('bad-option', `${option} ${place} is one file, but there are ${photos} photos`, 'name a folder')
  }
  if (photos > 1) return true
  if (endings.includes(ending) || (there !== undefined && !there.isFile())) return false
  if (ending === '') return true
  throw refuse(
    'bad-option',
    `${option} ${place}: cannot write ${ending} files`,
    `end the name in ${endings.join(', ')}, or a folder's name in /`,
  )
}

/** Equal names of photos from several folders get numbers. */
function inFolder(photos: readonly string[], folder: string, suffix: string): string[] {
  const taken = new Set<string>()
  const dot = suffix.lastIndexOf('.')
  return photos.map((photo) => {
    const stem = basename(photo, extname(photo))
    let name = `${stem}${suffix}`
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}${suffix.slice(0, dot)}-${n}${suffix.slice(dot)}`
    taken.add(name.toLowerCase())
    return join(folder, name)
  })
}

/** Refuses when a result would replace something that is read. */
export async function refuseOverwriting(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  const read = new Set(await Promise.all(inputs.map(canonical)))
  for (const path of outputs) {
    if (read.has(await canonical(path))) throw refuse('bad-option', `${path} would be overwritten`, 'choose another place for the result')
  }
}

/** Refuses when two results would be written to one place. */
export async function refuseSharing(outputs: readonly string[]): Promise<void> {
  const taken = new Set<string>()
  for (const path of outputs) {
    const place = await canonical(path)
    // devices and pipes take everything
    const special = await stat(place).then(
      (there) => !there.isFile(),
      () => false,
    )
    if (taken.has(place) && !special)
      throw refuse('bad-option', `two results would be written to ${path}`, 'choose another place for one of them')
    taken.add(place)
  }
}

/** The place of one of several results that share a name: `mask.png` → `mask-2.png`. */
export function numbered(path: string, number: number): string {
  const ending = extname(path)
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`
}
