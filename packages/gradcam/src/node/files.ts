/** @file Models on disk, in the Hugging Face folder layout or as an .onnx file, and the files of photos and targets. */
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import type { Host, ModelFiles, TextFile } from '../host.ts'
import { checkByteCount, unreadable } from '../image/photo.ts'
import { decodeText } from '../io/text.ts'
import { settingsFiles } from '../model/settings-files.ts'
import { externalFolder } from './external.ts'
import { sha256OfFile } from './digest.ts'
import { factsOf } from './facts.ts'
import { withoutLargeWeights } from './left-weights.ts'
import { locate } from './locate.ts'
import { missingHint, pathOf } from './paths.ts'

/** Labels and preprocessing are looked for beside the model and one folder up. */
export const readModel: Host['readModel'] = async (given) => {
  const source = pathOf(given)
  const { file, root } = await locate(source)
  const folders = [...new Set([root, dirname(file)])]
  const [read, settings] = await Promise.all([readModelFile(file), settingsIn(folders)])
  const stem = basename(file, '.onnx')
  // model.onnx says nothing, the folder that was named does
  const named = root === dirname(file) && (file === source || stem !== 'model')
  const name = named ? stem : basename(resolve(root))
  return {
    ...{ name, file, ...read, settings },
    texts: (names, maxBytes) => textsIn(folders, names, maxBytes),
    // external data stays on disk, whatever its size: it is checked here, and read where it is needed
    external: (locations) => externalFolder(file, locations),
  }
}

/** Those of the files that lie in the folders, each once, in the order of the names. */
async function textsIn(folders: readonly string[], names: readonly string[], maxBytes: number): Promise<TextFile[]> {
  const there = await Promise.all(folders.map(async (folder) => new Set(await readdir(folder).catch(() => []))))
  const found: TextFile[] = []
  for (const name of names) {
    const folder = folders.find((_, i) => there[i]?.has(name))
    if (folder === undefined) continue
    const path = join(folder, name)
    const facts = await stat(path).catch(() => undefined)
    const bytes = facts?.isFile() && facts.size <= maxBytes ? await readFile(path).catch(() => undefined) : undefined
    if (bytes) found.push({ name: path, text: decodeText(bytes) })
  }
  return found
}

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EACCES: [': permission denied', 'change its permissions'],
  ERR_FS_FILE_TOO_LARGE: [': no protobuf may be larger than 2 GiB', 'export the model again, with its weights as external data'],
}

const unread = (file: string, code: string, cause?: unknown): GradcamError => {
  const [why, hint] = reasons[code] ?? ['', 'check the path and the disk']
  return new GradcamError('model-unreadable', `cannot read ${file}${why}`, { hint, cause })
}

async function readModelFile(file: string): Promise<Pick<ModelFiles, 'bytes' | 'left'>> {
  try {
    const rest = withoutLargeWeights(file, basename(file))
    if (!rest) return { bytes: await readShared(file) }
    return { bytes: rest, left: { digest: () => sha256OfFile(file), read: () => readShared(file), facts: factsOf(file) } }
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    throw unread(file, String(cause instanceof Error && 'code' in cause ? cause.code : undefined), cause)
  }
}

/** Into memory that workers see as well: one copy of the weights for all of them. */
async function readShared(file: string): Promise<Uint8Array> {
  const { size } = await stat(file)
  if (size >= 2 ** 31) throw unread(file, 'ERR_FS_FILE_TOO_LARGE')
  const bytes = new Uint8Array(new SharedArrayBuffer(size))
  let at = 0
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 22 })) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes.subarray(0, at)
}

async function settingsIn(folders: readonly string[]): Promise<Map<string, TextFile>> {
  const found = await Promise.all(
    settingsFiles.map(async (name) => [name, await firstText(folders.map((folder) => join(folder, name)))] as const),
  )
  return new Map(found.flatMap(([name, file]) => (file ? [[name, file]] : [])))
}

/** The first of the files that exists. */
async function firstText(files: readonly string[]): Promise<TextFile | undefined> {
  for (const name of files) {
    const bytes = await readFile(name).catch(() => undefined)
    if (bytes) return { name, text: decodeText(bytes) }
  }
  return undefined
}

export const read: Host['read'] = async (name, maxBytes) => {
  const path = pathOf(name)
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
      throw new GradcamError('image-missing', `no such file: ${path}`, { hint: missingHint(path, 'check the path'), cause })
    throw unreadable(`${path} cannot be read: ${code ?? message}`, 'check the permissions of the file', cause)
  }
}
