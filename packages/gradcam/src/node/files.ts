/** @file Models on disk, in the Hugging Face folder layout or as an .onnx file, and the files of photos and targets. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import type { Host, TextFile } from '../host.ts'
import { checkByteCount, unreadable } from '../image/photo.ts'
import { externalFolder } from './external.ts'

/** Labels and preprocessing are looked for beside the model and one folder up. */
export const readModel: Host['readModel'] = async (source) => {
  const { file, root } = await locate(source)
  const beside = (name: string): Promise<TextFile | undefined> => firstText([join(root, name), join(dirname(file), name)])
  const [bytes, config, preprocessing] = await Promise.all([readModelFile(file), beside('config.json'), beside('preprocessor_config.json')])
  const name = basename(root) === 'onnx' ? basename(file) : root === dirname(file) ? basename(file, '.onnx') : basename(resolve(root))
  // external data stays on disk, whatever its size: it is checked here, and read where it is needed
  return { name, file, bytes, config, preprocessing, external: (locations) => externalFolder(file, locations) }
}

async function locate(source: string): Promise<{ file: string; root: string }> {
  const missing = (message: string, hint: string): GradcamError => new GradcamError('model-missing', message, { hint })
  const there = await kindOf(source)
  if (there === 'file') {
    const folder = dirname(source)
    return { file: source, root: basename(folder) === 'onnx' ? dirname(folder) : folder }
  }
  if (there === 'nothing') throw missing(`no such model: ${source}`, 'give a folder that holds onnx/model.onnx, or an .onnx file')
  if (there !== 'folder') throw missing(`${source} is not a file`, 'give a folder or an .onnx file')
  for (const candidate of ['onnx/model.onnx', 'model.onnx']) {
    const file = join(source, candidate)
    if ((await kindOf(file)) === 'file') return { file, root: source }
  }
  throw missing(`the folder ${source} holds neither onnx/model.onnx nor model.onnx`, 'give the .onnx file itself')
}

async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'special'> {
  const there = await stat(path).catch(() => undefined)
  if (!there) return 'nothing'
  return there.isFile() ? 'file' : there.isDirectory() ? 'folder' : 'special'
}

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EACCES: [': permission denied', 'change its permissions'],
  ERR_FS_FILE_TOO_LARGE: [': no protobuf may be larger than 2 GiB', 'export the model again, with its weights as external data'],
}

async function readModelFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const [why, hint] = reasons[String(code)] ?? ['', 'check the path and the disk']
    throw new GradcamError('model-unreadable', `cannot read ${file}${why}`, { hint, cause })
  }
}

/** The first of the files that exists. */
async function firstText(files: readonly string[]): Promise<TextFile | undefined> {
  for (const name of files) {
    const text = await readFile(name, 'utf8').catch(() => undefined)
    if (text !== undefined) return { name, text }
  }
  return undefined
}

export const read: Host['read'] = async (path, maxBytes) => {
  try {
    const facts = await stat(path)
    if (facts.isDirectory()) throw unreadable(`${path} is a folder`, 'name one file inside it')
    if (!facts.isFile() && !facts.isFIFO()) throw unreadable(`${path} is not an ordinary file`, 'save it to a file, or give its bytes')
    checkByteCount(path, facts.size, maxBytes)
    const bytes = await readFile(path)
    checkByteCount(path, bytes.length, maxBytes)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GradcamError('image-missing', `no such file: ${path}`, { hint: 'check the path', cause })
    throw unreadable(`${path} cannot be read: ${code ?? message}`, 'check the permissions of the file', cause)
  }
}
