/**
 * @file `npm run bench`: what explanations cost beside the plain runtime and, with --peers, beside PyTorch and its libraries, in one run:
 * `npm run bench -- [--peers] [--quick] [--only saliency,first …] [--network GoogLeNet …] [--write]`, or `--details`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { growth } from './growth.mjs'
import { headlineOf, pageOf } from './page.mjs'
import { coldStart, firstFigures, inFolder, manyPhotos, stalls } from './places.mjs'
import { plot } from './plot.mjs'
import { builtNetworks, exportedNetworks, firstNames, peersPython } from './sides/networks.mjs'
import { tasks } from './sides/tasks.mjs'
import { measureTable } from './table.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const otherParts = ['first', 'photos', 'cold-start', 'stall', 'growth']
const parts = [...new Set([...tasks.map(({ name }) => name), ...otherParts])]
const flags = {
  peers: { type: /** @type {const} */ ('boolean'), default: false },
  quick: { type: /** @type {const} */ ('boolean'), default: false },
  details: { type: /** @type {const} */ ('boolean'), default: false },
  write: { type: /** @type {const} */ ('boolean'), default: false },
  only: { type: /** @type {const} */ ('string'), default: '' },
  network: { type: /** @type {const} */ ('string'), default: '' },
}

/** Words between commas, which have to be known. @param {string} text @param {readonly string[]} known @param {string} flag */
function words(text, known, flag) {
  const all = text.split(',').filter(Boolean)
  const unknown = all.find((word) => !known.includes(word))
  if (unknown !== undefined) throw new Error(`unknown ${flag}: ${unknown}; one of ${known.join(', ')}`)
  return all
}

const { values } = parseArgs({ options: flags })
try {
  await (values.details ? import('./details.mjs') : bench())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function bench() {
  const load = Number(loadavg()[0]?.toFixed(1))
  const busy = load > 0.5 * availableParallelism()
  if (busy) console.log(`This machine is busy (load ${load}): figures may be wrong, and are written with --write only.`)
  const only = words(values.only, parts, '--only')
  const python = values.peers ? await peersPython() : undefined
  await inFolder(async (folder) => {
    const files = python === undefined ? builtNetworks(folder, `${root}../shared`) : exportedNetworks(python)
    const networks = words(values.network, [...files.keys()], '--network')
    const wants = (/** @type {string} */ part, network = '') =>
      (only.length === 0 || only.includes(part)) && (network === '' || networks.length === 0 || networks.includes(network))
    const started = performance.now()
    const effort = values.quick ? { seconds: 0, least: 1, tries: false } : { seconds: 12, least: 2, tries: true }
    const { rows, versions } = await measureTable({ ...{ files, folder, python, effort, wants }, print: (line) => console.log(line) })
    const figures = await measureFigures(files, folder, wants)
    const panels = wants('growth') ? await growth(values.quick ? 1 : 5) : []
    const results = { date: new Date().toISOString().slice(0, 10), ...about(load, versions), rows, figures, growth: panels }
    console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`)
    const whole = values.peers && only.length + networks.length === 0
    if (whole && (values.write || (!values.quick && !busy))) write(results)
    else console.log('Nothing is written: that wants --peers, all parts, and a machine that does nothing else, or --write.')
  })
}

/** @param {ReadonlyMap<string, string>} files @param {string} folder @param {(part: string, network?: string) => boolean} wants */
async function measureFigures(files, folder, wants) {
  /** @type {import('./places.mjs').Figure[]} */
  const figures = []
  const add = (/** @type {import('./places.mjs').Figure[]} */ more) => {
    for (const { name, value, unit, detail } of more) console.log(`${name.padEnd(66)}${value.toFixed(2).padStart(7)} ${unit}   ${detail}`)
    figures.push(...more)
  }
  for (const name of firstNames)
    if (wants('first', name) && files.has(name)) add(firstFigures(name, files.get(name) ?? '', values.quick ? 1 : 3))
  if (wants('photos')) add([await manyPhotos(folder, values.quick ? 100 : 2000)])
  if (wants('cold-start')) add([coldStart(folder, values.quick ? 1 : 7)])
  if (wants('stall')) add(await stalls(values.quick ? 2 : 20))
  return figures
}

/** @param {number} load @param {Record<string, string>} versions */
function about(load, versions) {
  const memory = Math.round(totalmem() / 2 ** 30)
  const { version } = JSON.parse(readFileSync(`${root}packages/gradcam/package.json`, 'utf8'))
  return {
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), memory, system: `${platform()} ${release()}`, load },
    versions: { gradcam: version, node: process.versions.node, ...versions },
  }
}

/** Results, page, plot, and the README's line. @param {import('./page.mjs').Results} results */
function write(results) {
  mkdirSync(`${root}bench/results`, { recursive: true })
  writeFileSync(`${root}bench/results/performance.json`, `${JSON.stringify(results, undefined, 1)}\n`)
  writeFileSync(`${root}docs/performance.md`, pageOf(results))
  writeFileSync(`${root}docs/images/growth.svg`, plot(results.growth))
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const line = /^- \*\*Grad-CAM costs hardly more than the network alone\*\*(?:.*\n)(?: {2}.*\n)*/m
  writeFileSync(
    `${root}README.md`,
    readme.replace(line, () => `${headlineOf(results)}\n`),
  )
  console.log('written: bench/results/performance.json, docs/performance.md, docs/images/growth.svg, README.md')
}
