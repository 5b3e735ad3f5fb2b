/** @file Models on disk, in the Hugging Face folder layout or as an .onnx file, and the files of photos and targets. */
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import type { Host, TextFile } from '../host.ts'
import { unreadable } from '../image/photo.ts'
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
  const there = await stat(source).catch(() => undefined)
  if (!there)
    throw new GradcamError('model-missing', `no such model: ${source}`, {
      hint: 'give a folder that holds onnx/model.onnx, or an .onnx file',
    })
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

async function readModelFile(file: string): Promise<Uint8Array> {
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

/** The first of the files that exists. */
async function firstText(files: readonly string[]): Promise<TextFile | undefined> {
  for (const name of files) {
    const text = await readFile(name, 'utf8').catch(() => undefined)
    if (text !== undefined) return { name, text }
  }
  return undefined
}

export const read: Host['read'] = async (path, maxBytes) => {
  const tooLarge = (size: number): GradcamError =>
    new GradcamError('image-too-large', `${path} has ${size} bytes`, { hint: `give a file of at most ${maxBytes} bytes` })
  try {
    const facts = await stat(path)
    if (facts.isDirectory()) throw unreadable(`${path} is a folder`, 'name one file inside it')
    if (!facts.isFile() && !facts.isFIFO()) throw unreadable(`${path} is not an ordinary file`, 'save it to a file, or give its bytes')
    if (facts.size > maxBytes) throw tooLarge(facts.size)
    const bytes = await readFile(path)
    if (bytes.length > maxBytes) throw tooLarge(bytes.length)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GradcamError('image-missing', `no such file: ${path}`, { hint: 'check the path', cause })
    throw unreadable(`${path} cannot be read: ${code ?? message}`, 'check the permissions of the file', cause)
  }
}
