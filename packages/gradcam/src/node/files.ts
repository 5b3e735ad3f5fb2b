/** @file A model on disk: the Hugging Face folder layout, or an .onnx file with its facts beside it. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { GradcamError } from '../errors.ts'
import { type ModelConfig, parseConfig } from '../model/config.ts'
import { parsePreprocessing, type Preprocessing } from '../model/preprocessing.ts'
import { externalPaths, type Model, readModel } from '../model/read.ts'

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
  return { name, file, model: await withExternalData(bytes, dirname(file)), config: config ?? noConfig, preprocessing }
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
    const denied = cause instanceof Error && 'code' in cause && cause.code === 'EACCES'
    throw new GradcamError('model-unreadable', `cannot read ${file}${denied ? ': permission denied' : ''}`, {
      hint: denied ? 'change its permissions' : 'files over 2 GB must keep their weights as external data',
      cause,
    })
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

async function withExternalData(bytes: Uint8Array, folder: string): Promise<Model> {
  const model = readModel(bytes)
  const paths = externalPaths(model.proto)
  if (paths.length === 0) return model
  const external = await Promise.all(
    paths.map(async (path) => {
      const file = resolve(folder, path)
      const way = relative(resolve(folder), file)
      // a model is hostile input: it may not read from anywhere else
      if (isAbsolute(path) || way.startsWith('..') || isAbsolute(way)) {
        throw new GradcamError('model-invalid', `the model wants external data from outside its folder: ${path}`, {
          hint: 'keep the data files beside the .onnx file',
        })
      }
      if (!(await isFile(file))) {
        throw new GradcamError('model-missing', `the external data ${path} of the model is missing`, { hint: `put it into ${folder}` })
      }
      return { path, data: await readBytes(file) }
    }),
  )
  return readModel(bytes, external)
}
