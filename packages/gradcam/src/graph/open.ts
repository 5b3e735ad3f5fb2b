/** @file A model from where it lies: its graph and external data, and what lies beside it. */
import { GradcamError } from '../core/errors.ts'
import type { Host, ModelFiles, TextFile } from '../host.ts'
import { decodeModel } from '../model/decode.ts'
import { externalLocations } from '../model/external.ts'
import { type Model, modelOf, readModel } from './model.ts'

/** A JSON file beside a model, parsed. */
export interface SettingsObject {
  /** Its path or URL. */
  name: string
  fields: Readonly<Record<string, unknown>>
}

export interface OpenedModel {
  name: string
  /** Path or URL of the `.onnx` file. */
  file: string | undefined
  model: Model
  /** By the names of `settingsFiles`. */
  settings: ReadonlyMap<string, SettingsObject>
  /** Text files beside the model, by their names. */
  texts: NonNullable<ModelFiles['texts']>
}

/**
 * Opens a model by its name, or from its bytes, beside which there is nothing.
 *
 * @param cache whether facts of it are kept
 */
export async function openModel(host: Pick<Host, 'readModel'>, source: string | Uint8Array, cache = true): Promise<OpenedModel> {
  if (typeof source !== 'string')
    return { name: 'model', file: undefined, model: readModel(source), settings: new Map(), texts: async () => [] }
  const { name, file, bytes, left, settings, external, texts = async () => [] } = await host.readModel(source)
  const decoded = decodeModel(bytes, file)
  const locations = externalLocations(decoded.proto)
  return {
    name,
    file,
    model: {
      ...modelOf(decoded, locations.length === 0 ? [] : await external(locations)),
      ...(left ? { file: cache ? left : { ...left, facts: undefined } } : {}),
    },
    settings: new Map([...settings].map(([known, text]) => [known, parsed(text)])),
    texts,
  }
}

function parsed({ name, text }: TextFile): SettingsObject {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new GradcamError('model-invalid', `${name} is not JSON`, { hint: 'correct it, or remove it', cause })
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { name, fields: json as SettingsObject['fields'] }
  throw new GradcamError('model-invalid', `${name} beside the model holds no JSON object`, { hint: 'correct it, or remove it' })
}
