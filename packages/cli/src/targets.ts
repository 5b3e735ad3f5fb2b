/** @file `--targets file.json`: a target, or several, for each photo. */
import { basename, resolve } from 'node:path'
import { checkObjective } from 'gradcam'
import type { ObjectiveInput } from 'gradcam/node'
import { refuse, withSubject } from './errors.ts'
import { atHome } from './flags/parse.ts'
import { readNamed, valueOf } from './inputs.ts'

/** The targets of a photo: one or a list. */
export type Wanted = ObjectiveInput | readonly ObjectiveInput[]

const example = '{"photo.jpg": "box:dog", …}'

/** Reads the file, an object from photos, by path or by name alone, to targets. Every photo must have some. */
export async function targetsOf(file: string, photos: readonly string[]): Promise<ReadonlyMap<string, Wanted>> {
  const text = await readNamed(file, 'bad-option', `give --targets a JSON file: ${example}`)
  const value = valueOf(String(text), file, `write ${example}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('bad-target', `${file} is not an object`, `write ${example}`)
  const wanted = new Map<string, Wanted>(Object.entries(value))
  const byPath = pathsOf([...wanted.keys()], file)
  const found = new Map<string, Wanted>()
  for (const photo of photos) {
    const target = wanted.get(byPath.get(resolve(photo)) ?? photo) ?? wanted.get(basename(photo))
    if (target === undefined) continue
    check(photo, target)
    found.set(photo, target)
  }
  const missing = photos.filter((photo) => !found.has(photo))
  if (missing.length === 0) return found
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  const message = `${file} names no target for ${missing.slice(0, 3).join(', ')}${more}`
  throw refuse('bad-target', message, 'add them, by path or by name, or leave these photos out')
}

/** The keys of the file by the paths that they mean: `./a.png` and `a.png` are one. */
function pathsOf(keys: readonly string[], file: string): ReadonlyMap<string, string> {
  const byPath = new Map<string, string>()
  for (const key of keys) {
    const path = resolve(atHome(key))
    const other = byPath.get(path)
    if (other !== undefined) throw refuse('bad-target', `${file} names one photo twice: ${other} and ${key}`, 'keep one of them')
    byPath.set(path, key)
  }
  return byPath
}

/** Refuses malformed descriptions before the first photo is explained; labels need the model and are checked later. */
function check(photo: string, target: Wanted): void {
  try {
    for (const each of [target].flat()) if (typeof each === 'object') checkObjective(each)
  } catch (error) {
    throw withSubject(photo, error)
  }
}
