/** @file Every file and every line of metadata that says how photos are prepared, the strongest first. */
import { GradcamError, type Warning, warn } from '../core/errors.ts'
import type { SettingsObject } from '../graph/open.ts'
import { ultralyticsPreprocessing } from '../model/preprocessing/named.ts'
import type { ReadPreprocessing } from '../model/preprocessing/processor.ts'
import { readPreprocessing, saysPreprocessing } from '../model/preprocessing/sources.ts'
import { settingsFiles } from '../model/settings-files.ts'
import { largestSide } from '../model/preprocessing.ts'
import { imageMetadata } from './image-metadata.ts'
import type { PreparationSource } from './preparation.ts'
import type { PreparationOptions } from './preparation-options.ts'

/** What files say of how photos are prepared. */
export interface PreparationFiles {
  /** The strongest first. */
  sources: readonly PreparationSource[]
  /** Why photos cannot be prepared: a class that makes no picture. */
  refusal: GradcamError | undefined
  warnings: readonly Warning[]
}

/**
 * What is said of how photos are prepared, and what could not be understood of it.
 *
 * @param said by the user, now or in gradcam.json
 * @throws GradcamError `model-invalid` for a field that makes no sense
 */
export function preparationSources(
  settings: ReadonlyMap<string, SettingsObject>,
  metadata: readonly { key: string; value: string }[],
  said: PreparationOptions,
): PreparationFiles {
  // who says all of it knows the files
  if (said.preprocessing !== undefined) return { sources: [], refusal: undefined, warnings: [] }
  let refusal: GradcamError | undefined
  const read = settingsFiles.flatMap((known) => {
    const file = settings.get(known)
    if (!file || known === 'gradcam.json' || (known === 'config.json' && !saysPreprocessing(file.fields))) return []
    try {
      return [{ from: known, read: readPreprocessing(file.fields, file.name) }]
    } catch (error) {
      // photos are refused then, not the network
      if (!(error instanceof GradcamError) || error.code !== 'unsupported-model') throw error
      refusal ??= error
      return []
    }
  })
  const files = read.map(
    ({ from, read: { preprocessing, kind, said } }): PreparationSource => ({
      source: 'stated',
      from: kind ? `${from} (${kind})` : from,
      preprocessing,
      defaults: said.flatMap(({ finding, name }) => (finding === 'class-default' ? [name] : [])),
    }),
  )
  return {
    sources: [...files, ...ofUltralytics(metadata), ...ofImageMetadata(metadata)],
    refusal,
    warnings: read.slice(0, 1).flatMap(({ from, read }) => notUnderstood(from, read)),
  }
}

/** Classes and fields that nobody knows: what they do to a photo is not done. */
function notUnderstood(from: string, { said }: ReadPreprocessing): Warning[] {
  // files without the name of a class are read as most classes read them, which is what people who write one mean
  const unknown = said.filter(
    ({ finding, name }) =>
      finding === 'unknown-class' || finding === 'unknown-field' || (finding === 'assumed' && name !== 'image_processor_type'),
  )
  if (unknown.length === 0) return []
  return warn(
    'preprocessing-unknown',
    `${from}: ${unknown.map(({ name, what }) => `${name}: ${what}`).join('; ')}`,
    'compare the map with what the network saw in training; `preprocessing`, `resize`, `mean` and `std` say it yourself',
  )
}

/** Values and order of channels alone: a size is not among them. */
function ofImageMetadata(metadata: readonly { key: string; value: string }[]): PreparationSource[] {
  const found = imageMetadata(metadata)
  if (!found) return []
  const { values, channelOrder } = found
  const preprocessing = { steps: [], ...values, channelOrder, layout: 'nchw' } as const
  return [{ source: 'stated', from: "Image.NominalPixelRange in the file's metadata", preprocessing, valuesAlone: true }]
}

/** Ultralytics writes task and size into the file. */
function ofUltralytics(metadata: readonly { key: string; value: string }[]): PreparationSource[] {
  const at = (key: string): string => metadata.find((entry) => entry.key === key)?.value ?? ''
  const imgsz = (at('imgsz').match(/[\w.]+/g) ?? []).map(Number)
  const fits = imgsz.every((side) => Number.isInteger(side) && side >= 1 && side <= largestSide)
  if (
    imgsz.length === 0 ||
    imgsz.length > 2 ||
    !fits ||
    (!/ultralytics/i.test([at('author'), at('description'), at('stride')].join(' ')) && at('stride') === '')
  )
    return []
  const preprocessing = ultralyticsPreprocessing({ imgsz, task: at('task') || 'detect' })
  return [{ source: 'stated', from: `imgsz ${imgsz.join('×')} in the file's metadata (Ultralytics)`, preprocessing }]
}
