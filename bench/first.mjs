/**
 * @file What the first explanation costs beside the plain runtime: time and peak memory from a file to its answer, in new processes that
 * alternate, so that a change of the machine's speed meets all. `node bench/first.mjs FILE…`, or a part of `npm run bench`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './measure.mjs'

const child = fileURLToPath(new URL('first-child.mjs', import.meta.url))

/** @typedef {'plain' | 'explain'} Mode */
/** @typedef {{ row: string, value: string, detail: string, data: object }} Row */
/** @typedef {{ ms: number, cpu: number, mb: number }} Cost */

/** @param {Mode} mode @param {string} file @param {string} cache where facts of models are kept @returns {Cost} */
function start(mode, file, cache) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [child, mode, file], {
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache },
  })
  if (status !== 0) throw new Error(`first-child.mjs ${mode} ${file} failed: ${stderr}`)
  return JSON.parse(stdout)
}

/** @param {string} name @param {string} file @param {number} rounds @returns {Row[]} */
export function firstRows(name, file, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-bench-'))
  /** @type {Record<'plain' | 'first' | 'second', Cost[]>} */
  const costs = { plain: [], first: [], second: [] }
  try {
    for (let i = 0; i < rounds; i++) {
      const cache = join(folder, String(i))
      costs.plain.push(start('plain', file, cache))
      costs.first.push(start('explain', file, cache))
      costs.second.push(start('explain', file, cache))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const cost = (/** @type {Cost[]} */ all) => ({ ms: median(all.map(({ ms }) => ms)), mb: median(all.map(({ mb }) => mb)) })
  const plain = cost(costs.plain)
  return /** @type {const} */ (['first', 'second']).map((which) => {
    const own = cost(costs[which])
    // each start beside the plain one of its round
    const beside = (/** @type {'ms' | 'cpu'} */ what) =>
      median(costs[which].map((each, i) => each[what] / (costs.plain[i]?.[what] ?? Number.NaN)))
    const [ratio, work] = [beside('ms'), beside('cpu')]
    return {
      row: `${name}: ${which} explanation / plain runtime: time, processor time, memory`,
      value: `${ratio.toFixed(2)}, ${work.toFixed(2)}, ${(own.mb / plain.mb).toFixed(2)}`,
      detail: `${plain.ms.toFixed(0)} ms → ${own.ms.toFixed(0)} ms, ${plain.mb.toFixed(0)} MB → ${own.mb.toFixed(0)} MB, ${rounds} rounds`,
      data: { ratio, work, memory: own.mb / plain.mb, costs },
    }
  })
}

const files = process.argv[1] === fileURLToPath(import.meta.url) ? process.argv.slice(2) : []
for (const file of files)
  for (const { row, value, detail } of firstRows(basename(file, '.onnx'), file, Number(process.env['BENCH_ROUNDS'] ?? 3)))
    console.log(`${row.padEnd(80)} ${value.padStart(16)}   ${detail}`)
