/** @file Which `.onnx` file a folder means: the usual one, the only one, or a question. */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import { formatByName } from '../model/formats.ts'
import { missingHint } from './paths.ts'

/** A model's file, and the folder that labels and preprocessing are looked for in first. */
export interface Located {
  file: string
  root: string
}

const missing = (message: string, hint: string): GradcamError => new GradcamError('model-missing', message, { hint })

/**
 * Finds the model of a folder or file.
 *
 * @throws GradcamError `model-missing` where there is none, or more than one
 */
export async function locate(source: string): Promise<Located> {
  const there = await kindOf(source)
  if (there === 'file') return { file: source, root: rootOf(source) }
  if (there === 'nothing')
    throw missing(`no such model: ${source}`, missingHint(source, 'give a folder that holds onnx/model.onnx, or an .onnx file'))
  if (there !== 'folder') throw missing(`${source} is not a file`, 'give a folder or an .onnx file')
  for (const candidate of ['onnx/model.onnx', 'model.onnx']) {
    const file = join(source, candidate)
    if ((await kindOf(file)) === 'file') return { file, root: basename(resolve(source)) === 'onnx' ? rootOf(file) : source }
  }
  for (const folder of ['onnx', '']) {
    const found = await modelsIn(join(source, folder))
    if (found.length === 1) {
      const file = join(source, folder, found[0] as string)
      return { file, root: folder === '' ? rootOf(file) : source }
    }
    if (found.length > 1)
      throw severalModels(
        source,
        found.map((name) => join(folder, name)),
      )
  }
  throw missing(`the folder ${source} holds no .onnx file: ${await contents(source)}`, await wayOut(source))
}

/** The folder above `onnx/`, where a model's other files lie. */
function rootOf(file: string): string {
  const folder = dirname(file)
  return basename(resolve(folder)) === 'onnx' ? join(folder, '..') : folder
}

async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'special'> {
  const there = await stat(path).catch(() => undefined)
  if (!there) return 'nothing'
  return there.isFile() ? 'file' : there.isDirectory() ? 'folder' : 'special'
}

const namesIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch((): string[] => [])).sort()

/** Files of any name that end in .onnx; not what macOS writes beside them. */
async function modelsIn(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((name) => /\.onnx$/i.test(name) && !name.startsWith('.'))
  const files: string[] = []
  for (const name of names) if ((await kindOf(join(folder, name))) === 'file') files.push(name)
  return files
}

function severalModels(source: string, found: readonly string[]): GradcamError {
  const more = found.length > 8 ? ` and ${found.length - 8} more` : ''
  return missing(
    `the folder ${source} holds ${found.length} models: ${found.slice(0, 8).join(', ')}${more}`,
    `give the one that is meant: ${join(source, found[0] as string)}`,
  )
}

async function contents(folder: string): Promise<string> {
  const names = await namesIn(folder)
  if (names.length === 0) return 'it is empty'
  const more = names.length > 8 ? ` and ${names.length - 8} more` : ''
  return `there are ${names.slice(0, 8).join(', ')}${more}`
}

const weights = /\.(safetensors|pt|pth|bin|h5|keras|tflite|pb|pdmodel|mlmodel|engine|trt|ort)$/i

async function wayOut(folder: string): Promise<string> {
  const names = await namesIn(folder)
  const found = names.find((name) => weights.test(name))
  if (found === undefined) return 'give the .onnx file itself, or a folder that holds onnx/model.onnx'
  if (names.includes('saved_model.pb')) return `convert it: python -m tf2onnx.convert --saved-model ${folder} --output model.onnx`
  if (names.includes('config.json')) return `export it: optimum-cli export onnx --model ${folder} OUT, and give OUT`
  return formatByName(found)?.hint ?? 'export the network as an .onnx file'
}
