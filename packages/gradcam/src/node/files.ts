/** @file A model on disk: the Hugging Face folder layout, or an .onnx file with its facts beside it. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import { type ModelConfig, parseConfig } from '../model/config.ts'
import { parsePreprocessing, type Preprocessing } from '../model/preprocessing.ts'
import { externalLocations } from '../model/external.ts'
import { type Model, modelOf, readModel } from '../graph/model.ts'
import { decodeModel } from '../model/decode.ts'
import { externalFolder } from './external.ts'

export interface ModelFiles {
  name: string
  file: string | undefined
  model: Model
  config: ModelConfig
  preprocessing: Preprocessing | undefined
}

const noConfig: ModelConfig = { labels: [], singleLabel: false }

/** Reads a model from a folder, a file or bytes. Labels and preprocessing are looked for beside it and one folder up. */
export async function readModelFiles(source: string | Uint8Array): Promise<ModelFiles> {
  if (typeof source !== 'string')
    return { name: 'model', file: undefined, model: readModel(source), config: noConfig, preprocessing: undefined }
  const { file, root } = await locate(source)
  const [bytes, config, preprocessing] = await Promise.all([
    readBytes(file),
    readJson([join(root, 'config.json'), join(dirname(file), 'config.json')], parseConfig),
    readJson([join(root, 'preprocessor_config.json'), join(dirname(file), 'preprocessor_config.json')], parsePreprocessing),
  ])
  const name = basename(root) === 'onnx' ? basename(file) : root === dirname(file) ? basename(file, '.onnx') : basename(resolve(root))
  return { name, file, model: await withExternalData(bytes, file), config: config ?? noConfig, preprocessing }
}

async function locate(source: string): Promise<{ file: string; root: string }> {
  const there = await stat(source).catch(() => undefined)
  if (!there) {
    throw new GradcamError('model-missing', `no such model: ${source}`, {
      hint: 'give a folder that holds onnx/model.onnx, or an .onnx file',
    })
  }
  if (there.isDirectory()) {
    for (const candidate of ['onnx/model.onnx', 'model.onnx']) {
      const file = join(source, candidate)
      if (await isFile(file)) return { file, root: source }
    }
    throw new GradcamError('model-missing', `the folder ${source} holds neither onnx/model.onnx nor model.onnx`, {
      hint: 'give the .onnx file itself',
    })
  }
  if (!there.isFile()) throw new GradcamError('model-missing', `${source} is not a file`, { hint: 'give a folder or an .onnx file' })
  const folder = dirname(source)
  return { file: source, root: basename(folder) === 'onnx' ? dirname(folder) : folder }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (there) => there.isFile(),
    () => false,
  )

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const [why, hint] =
      code === 'EACCES'
        ? [': permission denied', 'change its permissions']
        : code === 'ERR_FS_FILE_TOO_LARGE'
          ? [': no protobuf may be larger than 2 GiB', 'export the model again, with its weights as external data']
          : ['', 'check the path and the disk']
    throw new GradcamError('model-unreadable', `cannot read ${file}${why}`, { hint, cause })
  }
}

/** The first of the files that exists, parsed. */
async function readJson<T>(files: readonly string[], parse: (json: unknown) => T): Promise<T | undefined> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch (cause) {
      throw new GradcamError('model-invalid', `${file} is not JSON`, { hint: 'correct it, or remove it', cause })
    }
    return parse(json)
  }
  return undefined
}

/** External data stays on disk, whatever its size: it is checked here, and read where it is needed. */
async function withExternalData(bytes: Uint8Array, file: string): Promise<Model> {
  const decoded = decodeModel(bytes)
  const locations = externalLocations(decoded.proto)
  return modelOf(decoded, locations.length === 0 ? [] : await externalFolder(file, locations))
}
