/** @file `--targets file.json`: a target, or several, for each photo. */
import { basename } from 'node:path'
import { checkObjective } from 'gradcam'
import type { ObjectiveInput } from 'gradcam/node'
import { refuse, withSubject } from './errors.ts'
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
  const found = new Map<string, Wanted>()
  for (const photo of photos) {
    const target = wanted.get(photo) ?? wanted.get(basename(photo))
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

/** Refuses malformed descriptions before the first photo is explained; labels need the model and are checked later. */
function check(photo: string, target: Wanted): void {
  try {
    for (const each of [target].flat()) if (typeof each === 'object') checkObjective(each)
  } catch (error) {
    throw withSubject(photo, error)
  }
}
