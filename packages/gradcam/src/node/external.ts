/** @file External data on disk: found, checked and left there, whatever its size. */
import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { GradcamError } from '../core/errors.ts'
import { type ExternalFolder, missingFrom, outsideFolder, tooShort } from '../model/external.ts'

// far more than any values that a rule has to see; weights themselves are read by the engine alone
const maxBytesRead = 2 ** 30

/**
 * The data files of a model. A model is hostile input: a location may leave its folder neither in words nor through
 * symbolic links. Links are followed to where they end, and all files, the model's own among them, must really lie in
 * one folder or below it: so links inside the folder are fine, and so are folders of links into one store, as caches
 * of downloads keep them.
 *
 * @param file the `.onnx` file
 * @param locations as the model names them, relative to its folder
 * @throws GradcamError `model-invalid` for a location outside, `model-missing` for a file that is not there
 */
export async function externalFolder(file: string, locations: readonly string[]): Promise<ExternalFolder> {
  const named = resolve(dirname(file))
  const model = await realpath(file)
  const folder = dirname(model)
  const found = new Map<string, { path: string; size: number }>()
  const before = new Map([[model, stamp(await stat(model))]])
  for (const location of locations) {
    const path = resolve(named, location)
    if (isAbsolute(location) || !isInside(named, path)) throw outsideFolder(location)
    const target = location.includes('\0') ? undefined : await realpath(path).catch(() => undefined)
    const there = target === undefined ? undefined : await stat(target)
    if (target === undefined || !there?.isFile()) throw missingFrom(named, location)
    if (!isInside(folder, target)) throw outsideFolder(location)
    found.set(location, { path: target, size: there.size })
    before.set(target, stamp(there))
  }
  const inFolder = (path: string): string => relative(folder, path).split(sep).join('/')
  return {
    folder,
    modelFile: inFolder(model),
    paths: new Map([...found].map(([location, { path }]) => [location, inFolder(path)])),
    check() {
      for (const [path, earlier] of before) {
        const now = statSync(path, { throwIfNoEntry: false })
        if (!now || stamp(now) !== earlier) throw changed(path)
      }
    },
    size: (location) => found.get(location)?.size,
    read(location, offset, length) {
      const path = found.get(location)?.path
      if (path === undefined) throw missingFrom(named, location)
      return readRange(path, location, offset, length)
    },
  }
}

const stamp = ({ ino, size, mtimeMs }: Stats): string => [ino, size, mtimeMs].join()

const changed = (path: string): GradcamError =>
  new GradcamError('model-unreadable', `${path} was changed since the model was loaded`, { hint: 'load the model again' })

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function readRange(path: string, location: string, offset: number, length: number): Uint8Array {
  if (length > maxBytesRead)
    throw new GradcamError('unsupported-model', `a constant of ${length} bytes in ${location} would have to be read`, {
      hint: 'choose a later feature layer, behind the node that needs it',
    })
  const bytes = new Uint8Array(length)
  const file = openSync(path, 'r')
  try {
    let done = 0
    while (done < length) {
      const count = readSync(file, bytes, done, length - done, offset + done)
      if (count === 0) throw tooShort(location, offset + length, offset + done)
      done += count
    }
  } finally {
    closeSync(file)
  }
  return bytes
}
