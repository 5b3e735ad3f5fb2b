/**
 * @file What the built command answers about networks of other frameworks, held to the frameworks' own answers:
 * `npm run try-models -- [timm/resnet* …] [--exporter dynamo] [--again] [--table]`.
 *
 * Files and results lie in $GRADCAM_TRIED, or gradcam-tried among the temporary files. A result is kept until the command or these
 * scripts change; --again asks anew, --table writes docs/models-tried.md of what is there and tries nothing.
 */
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { environment } from '../python.mjs'
import { stamps } from './stamp.mjs'
import { tableOf } from './table.mjs'
import { judge } from './verdict.mjs'

/**
 * @typedef {import('./verdict.mjs').Result} Result
 * @typedef {{ name: string, task: string, exporters: readonly string[] }} Entry of a file in networks/; more is the builder's
 */

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const work = process.env.GRADCAM_TRIED ?? join(tmpdir(), 'gradcam-tried')
const results = join(work, 'results')
const limit = process.env.GRADCAM_TRY_LIMIT ?? '420'
const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { exporter: { type: 'string', multiple: true }, again: { type: 'boolean' }, table: { type: 'boolean' } },
})

/** @param {string} path */
const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'))

/** Everything in networks/, as it was asked for. @returns {Promise<Entry[]>} */
async function wanted() {
  const files = (await readdir(join(here, 'networks'))).sort()
  /** @type {Entry[]} */
  const entries = (await Promise.all(files.map((file) => readJson(join(here, 'networks', file))))).flat()
  const named = entries.filter(({ name }) => names.length === 0 || names.some((glob) => matchesGlob(name, glob)))
  if (named.length === 0) throw new Error(`no network is called ${names.join(', ')}; names are in scripts/try-models/networks`)
  return named
    .map((entry) => ({ ...entry, exporters: entry.exporters.filter((name) => !flags.exporter || flags.exporter.includes(name)) }))
    .filter(({ exporters }) => exporters.length > 0)
}

/** @param {string} name @param {string} exporter */
const resultFile = (name, exporter) => join(results, `${name.replace('/', '-')}.${exporter}.json`)

/** @param {string} name @param {string} exporter @returns {Promise<Result | undefined>} */
const resultOf = (name, exporter) => readJson(resultFile(name, exporter)).catch(() => undefined)

/**
 * Networks of one framework, in a process that has loaded it.
 *
 * @param {string} python
 * @param {readonly Entry[]} entries
 * @param {string} stamp
 * @param {(name: string) => void} tried
 */
function attempt(python, entries, stamp, tried) {
  const env = {
    ...process.env,
    LIMIT: limit,
    PHOTO: join(root, 'examples/photos/cat-chelsea.png'),
    GRADCAM: join(root, 'packages/cli/bin/gradcam.js'),
    PATCH_TEST: join(root, 'scripts/patch-test.mjs'),
    NODE: process.execPath,
    ASK_FROM: work,
    PYTHONDONTWRITEBYTECODE: '1',
    TQDM_DISABLE: '1',
  }
  const words = ['-W', 'ignore', join(here, 'python/try_network.py'), join(work, 'files'), results, stamp]
  return new Promise((resolve) => {
    const child = spawn(python, words, { env, cwd: work, stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.end(JSON.stringify(entries))
    createInterface(child.stdout).on('line', tried)
    child.on('close', resolve)
  })
}

/** Whether a result is that of an entry as it is now. @param {Entry} entry @param {string} exporter @param {string} stamp */
async function isDone(entry, exporter, stamp) {
  const result = await resultOf(entry.name, exporter)
  const tried = { ...result?.entry, exporters: entry.exporters }
  return !flags.again && result?.stamp === stamp && isDeepStrictEqual(tried, entry)
}

/** @param {readonly Entry[]} entries */
function byFramework(entries) {
  /** @type {Map<string, Entry[]>} */
  const groups = new Map()
  for (const entry of entries) {
    const framework = entry.name.split('/')[0] ?? ''
    groups.set(framework, [...(groups.get(framework) ?? []), entry])
  }
  return groups
}

/** @param {(framework: string) => string} stampOf */
async function tryAll(stampOf) {
  // paddle2onnx asks for an older onnx than the others do, and needs none
  const python = await environment(here, { name: 'try-models-python', variable: 'GRADCAM_TRY_PYTHON', apart: ['paddle2onnx==2.1.0'] })
  const groups = byFramework(await wanted())
  for (const entries of groups.values()) {
    const stamp = stampOf(entries[0]?.name ?? '')
    /** @type {Map<string, Entry>} */
    const open = new Map()
    for (const entry of entries) {
      const exporters = []
      for (const exporter of entry.exporters) if (!(await isDone(entry, exporter, stamp))) exporters.push(exporter)
      if (exporters.length > 0) open.set(entry.name, { ...entry, exporters })
    }
    if (open.size > 0) await attempt(python, [...open.values()], stamp, (name) => void say(open.get(name)))
  }
}

/** @param {Entry | undefined} entry */
async function say(entry) {
  for (const exporter of entry?.exporters ?? []) {
    const result = await resultOf(entry?.name ?? '', exporter)
    const { answer, why } = result ? judge(result) : { answer: 'no result', why: '' }
    console.log(`${entry?.name} ${exporter}: ${answer}${why ? ` (${why})` : ''}`)
  }
}

await mkdir(results, { recursive: true })
const stampOf = await stamps(root, here)
if (!flags.table) await tryAll(stampOf)
const files = (await readdir(results)).filter((name) => name.endsWith('.json')).sort()
/** @type {Result[]} */
const all = await Promise.all(files.map((name) => readJson(join(results, name))))
await writeFile(join(root, 'docs/models-tried.md'), tableOf(all.filter(({ name, stamp }) => stamp === stampOf(name))))
