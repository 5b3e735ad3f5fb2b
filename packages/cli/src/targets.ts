/** @file `--targets file.json`: a target, or several, for each photo. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ObjectiveInput } from 'gradcam/node'
import { refuse, withSubject } from './errors.ts'

/** The targets of a photo: one or a list. */
export type Wanted = ObjectiveInput | readonly ObjectiveInput[]

/**
 * Reads the file, an object from photos, by path or by name alone, to targets. Every photo must have some.
 */
export async function targetsOf(file: string, photos: readonly string[]): Promise<ReadonlyMap<string, Wanted>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refuse('bad-option', `cannot read ${file}`, 'give --targets a JSON file: {"photo.jpg": "box:dog", …}', { cause })
  })
  const wanted = parsed(text, file)
  await checkAll(wanted, photos)
  const found = new Map<string, Wanted>()
  const missing: string[] = []
  for (const photo of photos) {
    const name = [photo, basename(photo)].find((each) => Object.hasOwn(wanted, each))
    if (name === undefined) missing.push(photo)
    else found.set(photo, wanted[name] as Wanted)
  }
  if (missing.length === 0) return found
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  throw refuse(
    'bad-target',
    `${file} names no target for ${missing.slice(0, 3).join(', ')}${more}`,
    'add them, by path or by name, or leave these photos out',
  )
}

/** Refuses malformed descriptions before the first photo is explained; labels need the model and are checked later. */
async function checkAll(wanted: Readonly<Record<string, unknown>>, photos: readonly string[]): Promise<void> {
  const check: (value: unknown) => void = (await import('gradcam')).checkObjective
  for (const photo of photos) {
    const target = wanted[photo] ?? wanted[basename(photo)]
    for (const each of Array.isArray(target) ? target : [target]) {
      try {
        if (typeof each === 'object') check(each)
      } catch (error) {
        throw withSubject(photo, error)
      }
    }
  }
}

function parsed(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refuse('bad-target', `${file} is not JSON`, 'write {"photo.jpg": "box:dog", …}', { cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw refuse('bad-target', `${file} is not an object`, 'write {"photo.jpg": "box:dog", …}')
}
