/** @file A model from where it lies: its graph and external data, its labels, and how it wants its photos. */
import { GradcamError } from '../core/errors.ts'
import type { Host, TextFile } from '../host.ts'
import { type ModelConfig, parseConfig } from '../model/config.ts'
import { decodeModel } from '../model/decode.ts'
import { externalLocations } from '../model/external.ts'
import { parsePreprocessing, type Preprocessing } from '../model/preprocessing.ts'
import { type Model, modelOf, readModel } from './model.ts'

export interface OpenedModel {
  name: string
  /** Path or URL of the `.onnx` file. */
  file: string | undefined
  model: Model
  config: ModelConfig
  preprocessing: Preprocessing | undefined
}

const noConfig: ModelConfig = { labels: [], singleLabel: false }

/** Opens a model by its name, or from its bytes, beside which there is nothing. */
export async function openModel(host: Pick<Host, 'readModel'>, source: string | Uint8Array): Promise<OpenedModel> {
  if (typeof source !== 'string')
    return { name: 'model', file: undefined, model: readModel(source), config: noConfig, preprocessing: undefined }
  const { name, file, bytes, config, preprocessing, external } = await host.readModel(source)
  const decoded = decodeModel(bytes)
  const locations = externalLocations(decoded.proto)
  return {
    name,
    file,
    model: modelOf(decoded, locations.length === 0 ? [] : await external(locations)),
    config: parsed(config, parseConfig) ?? noConfig,
    preprocessing: parsed(preprocessing, parsePreprocessing),
  }
}

function parsed<T>(file: TextFile | undefined, parse: (json: unknown) => T): T | undefined {
  if (!file) return undefined
  let json: unknown
  try {
    json = JSON.parse(file.text)
  } catch (cause) {
    throw new GradcamError('model-invalid', `${file.name} is not JSON`, { hint: 'correct it, or remove it', cause })
  }
  return parse(json)
}
