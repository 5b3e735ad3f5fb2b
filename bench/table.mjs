/** @file The table of networks and methods: ours, the plain runtime and, where asked for, PyTorch and its libraries, each in a process that stays open. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from '../packages/gradcam/dist/node/index.js'
import { bestWay, rowsOf } from './sides/beside.mjs'
import { tableNames } from './sides/networks.mjs'
import { startSide } from './sides/side.mjs'
import { tasks } from './sides/tasks.mjs'

const here = fileURLToPath(new URL('sides', import.meta.url))
const side = 224

/**
 * @typedef {import('./sides/beside.mjs').Row} Row
 * @typedef {import('./sides/turns.mjs').Effort} Effort
 * @typedef {{ files: ReadonlyMap<string, string>, folder: string, python: string | undefined, effort: Effort, wants: (part: string, network: string) => boolean, print: (line: string) => void }} Work
 */

/** Waves: an image without chance, so that all see the same. */
const image = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * 0.37) + Math.sin(i * 0.011))

/** @param {string} file @returns {Promise<number>} the best class of the image */
async function bestClass(file) {
  const network = await load(file)
  const [best] = await network.predict({ type: 'float32', dims: [1, 3, side, side], data: image }, { top: 1 })
  await network.close()
  if (!best || !('index' in best)) throw new Error(`${file} has no classes`)
  return best.index
}

/** @param {Row} row */
const said = ({ row, network, side, ours, other, apart }) =>
  `${network}: ${row}: ${side}`.padEnd(66) +
  `${(other / ours).toFixed(2).padStart(7)} ×   ${ours.toFixed(1)} ms, ${side} ${other.toFixed(1)} ms` +
  (typeof apart === 'number' ? `, maps ${apart.toExponential(0)} apart` : '')

/** @param {Work} work @returns {Promise<{ rows: Row[], versions: Record<string, string> }>} */
export async function measureTable({ files, folder, python, effort, wants, print }) {
  const file = join(folder, 'image.f32')
  writeFileSync(file, image)
  const start = (/** @type {string} */ name, program = process.execPath) => startSide(program, [join(here, name), file])
  const sides = {
    ours: await start('ours.mjs'),
    plain: await start('plain.mjs'),
    peers: python === undefined ? undefined : await start('peers.py', python),
  }
  /** @type {Row[]} */
  const rows = []
  for (const name of tableNames.filter((name) => files.has(name))) {
    const some = tasks.filter((task) => wants(task.name, name) && (task.only ?? tableNames).includes(name))
    if (some.length === 0) continue
    const path = /** @type {string} */ (files.get(name))
    const network = { name, file: path, target: await bestClass(path) }
    /** @type {ReturnType<typeof bestWay> | undefined} */
    let best
    const way = () => (best ??= bestWay(sides, network))
    const trials = new Map()
    for (const task of some) {
      const found = await rowsOf(sides, network, task, { ...effort, way, trials })
      for (const row of found) print(said(row))
      rows.push(...found)
    }
  }
  const all = [sides.ours, sides.plain, sides.peers]
  for (const each of all) each?.close()
  return { rows, versions: Object.assign({}, ...all.map((each) => each?.about.versions)) }
}
