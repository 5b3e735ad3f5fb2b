/** @file Facts of models on disk, by the digest of their file: what took long to find out is found out once. Nothing depends on them. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Warning } from '../core/errors.ts'
import type { Facts, FileFacts } from '../host.ts'
import { sha256OfFile } from './digest.ts'
import { write } from './write.ts'

const maxBytes = 2 ** 26
const maxFiles = 1024

/** `$XDG_CACHE_HOME/gradcam`, or where caches of programs are on this system. */
export function factsFolder(): string {
  const { XDG_CACHE_HOME: asked = '', LOCALAPPDATA: local } = process.env
  if (isAbsolute(asked)) return join(asked, 'gradcam')
  if (process.platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'gradcam', 'cache')
  return join(homedir(), ...(process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache']), 'gradcam')
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Facts in a folder: each in a file of its own that says what it is of, and the hash of what it holds. */
function storeIn(folder: string): Facts {
  const said = new Map<string, Warning>()
  const say = (code: string, message: string): void =>
    void said.set(code, { code, message, hint: `empty ${folder}, or switch the cache off: \`cache: false\`` })
  const placeOf = (key: string): string => join(folder, `${hashOf(key)}.json`)
  return {
    async read(key) {
      const text = await readFile(placeOf(key), 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      const at = text.indexOf('\n')
      const value = text.slice(at + 1)
      if (text.slice(0, at) === hashOf(`${key}\n${value}`)) return value
      say('cache-ignored', `a file of the cache is damaged: ${placeOf(key)}`)
      return undefined
    },
    async write(key, value) {
      try {
        await mkdir(folder, { recursive: true })
        await write(placeOf(key), `${hashOf(`${key}\n${value}`)}\n${value}`)
        await shrink(folder)
      } catch (error) {
        say('cache-not-written', `the cache cannot be written: ${error instanceof Error ? error.message : String(error)}`)
      }
    },
    ignore: (key, why) => say('cache-ignored', `a file of the cache is not understood: ${placeOf(key)}: ${why}`),
    warnings: () => [...said.values()],
  }
}

/** Deletes the oldest files where there are too many, or they are too large. Another process may do so at the same time. */
async function shrink(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  const found = await Promise.all(names.map(async (name) => ({ name, facts: await stat(join(folder, name)).catch(() => undefined) })))
  const files = found.flatMap(({ name, facts }) => (facts ? [{ name, size: facts.size, time: facts.mtimeMs }] : []))
  let size = files.reduce((sum, file) => sum + file.size, 0)
  let count = files.length
  for (const file of files.toSorted((a, b) => a.time - b.time)) {
    if (size <= maxBytes && count <= maxFiles) break
    await rm(join(folder, file.name), { force: true })
    size -= file.size
    count--
  }
}

// a file may change without a change of its times as long as these are as coarse as a file system has them
const settledAfterMs = 3000

/** What changes whenever a file does; undefined while that is not sure. */
async function stampOf(file: string): Promise<string | undefined> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
  const last = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
  return Date.now() - last > settledAfterMs ? [await realpath(file), dev, ino, size, mtimeNs, ctimeNs].join() : undefined
}

/** Digest and facts of a model's file. A digest that was made before is taken as long as the file is as it was then. */
export function factsOf(file: string): FileFacts {
  const store = storeIn(factsFolder())
  const stamped = stampOf(file).catch(() => undefined)
  const before = stamped.then(async (stamp) => {
    const digest = stamp === undefined ? undefined : await store.read(stamp)
    return digest && /^[0-9a-f]{64}$/.test(digest) ? digest : undefined
  })
  const make = async (): Promise<string> => {
    const digest = await sha256OfFile(file)
    const stamp = await stamped
    if (stamp !== undefined && stamp === (await stampOf(file).catch(() => undefined))) await store.write(stamp, digest)
    return digest
  }
  let made: Promise<string> | undefined
  const digest = async (): Promise<string> => (await before) ?? (made ??= make())
  return {
    ...store,
    digest,
    // nobody waits for a digest to learn what may be known
    async read(key) {
      const known = await before
      return known === undefined ? undefined : store.read(`${known} ${key}`)
    },
    write: async (key, value) => store.write(`${await digest()} ${key}`, value),
  }
}
