/** @file gradcam.json beside a model: what a user said of it once, read from then on. */
import type { ImageLayout } from '../core/pixels.ts'
import { GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import type { SettingsObject } from '../graph/open.ts'
import type { PreparationOptions } from './preparation-options.ts'
import { preparationFields, readPreparation } from './saved-preparation.ts'
import { type Task, tasks } from './task.ts'

/** What can be saved: the options of `load` that say something of the model. */
export interface SavedOptions extends PreparationOptions {
  labels?: readonly string[]
  task?: Task
  imageInput?: string
  layout?: ImageLayout
}

const known: readonly string[] = ['labels', 'task', 'imageInput', 'layout', ...preparationFields]

/** The settings of a file; empty where there is none. @throws GradcamError `model-invalid` naming the field that makes no sense */
export function savedSettings(file: SettingsObject | undefined): SavedOptions {
  if (!file) return {}
  const { name, fields } = file
  const strange = Object.keys(fields).find((field) => !known.includes(field))
  if (strange !== undefined) throw invalid(name, strange, `left out: the file has ${known.join(', ')}`, nearestNames(strange, known))
  const { labels, task, imageInput, layout } = fields
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string')))
    throw invalid(name, 'labels', 'a list of texts, one for each class')
  if (task !== undefined && !tasks.some((each) => each === task)) throw invalid(name, 'task', `one of ${tasks.join(', ')}`)
  if (imageInput !== undefined && typeof imageInput !== 'string') throw invalid(name, 'imageInput', 'the name of an input')
  if (layout !== undefined && layout !== 'nchw' && layout !== 'nhwc') throw invalid(name, 'layout', 'nchw or nhwc')
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(task === undefined ? {} : { task: task as Task }),
    ...(imageInput === undefined ? {} : { imageInput }),
    ...(layout === undefined ? {} : { layout }),
    ...readPreparation(fields, name),
  }
}

/**
 * What is kept: what was said now, over what was kept before. A preprocessing as a whole replaces single values that were kept.
 *
 * @returns undefined where nothing was said
 */
export function mergedSettings(before: SavedOptions, said: SavedOptions): SavedOptions | undefined {
  const named = known.filter((name) => said[name as keyof SavedOptions] !== undefined)
  if (named.length === 0) return undefined
  const stale: readonly string[] = said.preprocessing === undefined ? [] : preparationFields
  const kept = Object.entries(before).filter(([name]) => !stale.includes(name))
  return { ...Object.fromEntries(kept), ...Object.fromEntries(named.map((name) => [name, said[name as keyof SavedOptions]])) }
}

const invalid = (file: string, field: string, wanted: string, suggestions: readonly string[] = []): GradcamError =>
  new GradcamError('model-invalid', `${file}: ${field} makes no sense`, { hint: `${field} must be ${wanted}`, suggestions })

/** The text of the file. */
export const savedText = (settings: SavedOptions): string => `${JSON.stringify(settings, null, 2)}\n`
