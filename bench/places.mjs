/** @file What the command and a server cost, with the embedded network: cold start, many small photos, and how long an event loop stands still. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { embedded } from '../packages/models/dist/index.js'
import { firstRows } from './first.mjs'
import { median } from './measure.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const photo = `${root}examples/photos/coffee.png`

/** A figure beside what it must be. @typedef {{ name: string, value: number, unit: string, bound?: number, better?: 'less' | 'more', detail: string }} Figure */

/** @param {readonly string[]} words @returns {number} seconds of the whole process */
function command(words) {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['packages/cli/bin/gradcam.js', 'explain', ...words, '--quiet'], {
    ...{ cwd: root, encoding: 'utf8' },
  })
  if (status !== 0) throw new Error(`gradcam explain ${words.join(' ')}: ${stderr}`)
  return (performance.now() - start) / 1000
}

/** @param {string} folder @param {number} rounds @returns {Figure} */
export function coldStart(folder, rounds) {
  const seconds = Array.from({ length: rounds }, () => command([photo, '-o', join(folder, 'cold.png')]))
  const detail = `the whole process, picture written, ${rounds} starts`
  return { name: 'cold start of the command', value: median(seconds), unit: 's', bound: 0.7, better: 'less', detail }
}

/** @param {string} folder @param {number} count @returns {Promise<Figure>} */
export async function manyPhotos(folder, count) {
  const from = join(folder, 'small')
  const to = join(folder, 'pictures')
  for (const each of [from, to]) mkdirSync(each)
  // another part of the photo each: none is the same file
  const [columns, size] = [50, 96]
  const whole = await sharp(photo)
    .resize(size + 2 * columns, size + 2 * Math.ceil(count / columns), { fit: 'fill' })
    .toBuffer()
  for (let i = 0; i < count; i++)
    await sharp(whole)
      .extract({ left: 2 * (i % columns), top: 2 * Math.floor(i / columns), width: size, height: size })
      .png()
      .toFile(join(from, `${i}.png`))
  const seconds = command([from, '-o', to])
  const detail = `${count} of ${size}×${size} pixels, pictures written, ${((1000 * seconds) / count).toFixed(1)} ms each, start included`
  return { name: 'many small photos', value: count / seconds, unit: 'photos a second', better: 'more', detail }
}

/** @param {number} requests of each method @returns {Promise<Figure[]>} */
export async function stalls(requests) {
  const figures = []
  for (const worker of ['worker', 'none']) {
    const server = spawn(process.execPath, [fileURLToPath(new URL('served.mjs', import.meta.url)), embedded.directory, photo, worker], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: server.stdout }), 'line')
    const ask = async (/** @type {string} */ path) => {
      const response = await fetch(`http://127.0.0.1:${JSON.parse(line).port}/${path}`)
      if (!response.ok) throw new Error(await response.text())
      return response.json()
    }
    const methods = ['grad-cam', 'saliency', 'smooth-grad']
    await ask('delay')
    for (const method of methods) await ask(method)
    const first = await ask('delay')
    for (let i = 0; i < requests; i++) for (const method of methods) await ask(method)
    const { longest, p99 } = await ask('delay')
    server.stdin.end()
    figures.push({
      ...{ name: `event loop of a server, ${worker === 'worker' ? '`worker: true`' : 'without'}`, value: longest, unit: 'ms' },
      ...(worker === 'worker' ? { bound: 20, better: /** @type {const} */ ('less') } : {}),
      detail: `longest stall of ${methods.length * requests} requests; 99 of 100 delays below ${p99.toFixed(1)} ms; first requests ${first.longest.toFixed(0)} ms`,
    })
  }
  return figures
}

/** First and second explanation beside the plain runtime opening and running. @param {string} name @param {string} file @param {number} rounds @returns {Figure[]} */
export function firstFigures(name, file, rounds) {
  // the first that opens a file would wait for the disk, the others not
  readFileSync(file)
  return firstRows(name, file, rounds).flatMap(({ detail, data }, i) => {
    const { ratio, memory } = /** @type {{ ratio: number, memory: number }} */ (data)
    const start = `${name}: ${i === 0 ? 'first' : 'second'} explanation`
    const common = { unit: '× plain', better: /** @type {const} */ ('less'), detail }
    const time = { name: `${start}, time`, value: ratio, bound: i === 0 ? 1.3 : 1.15, ...common }
    return i === 0 ? [time, { name: `${start}, peak memory`, value: memory, bound: 1.3, ...common }] : [time]
  })
}

/** @template Value @param {(folder: string) => Promise<Value>} use @returns {Promise<Value>} */
export async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
