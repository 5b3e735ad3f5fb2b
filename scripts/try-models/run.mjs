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
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { environment } from './environment.mjs'
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
const limit = Number(process.env.GRADCAM_TRY_LIMIT ?? 420) * 1000
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

/** One network in a process of its own, whatever becomes of it. @param {string} python @param {Entry} entry @param {string} stamp */
function attempt(python, entry, stamp) {
  const env = {
    ...process.env,
    STAMP: stamp,
    PHOTO: join(root, 'examples/photos/cat-chelsea.png'),
    GRADCAM: join(root, 'packages/cli/bin/gradcam.js'),
    PATCH_TEST: join(root, 'scripts/patch-test.mjs'),
    NODE: process.execPath,
    ASK_FROM: work,
    PYTHONDONTWRITEBYTECODE: '1',
    TQDM_DISABLE: '1',
  }
  const words = ['-W', 'ignore', join(here, 'python/try_network.py'), JSON.stringify(entry), join(work, 'files'), results]
  return new Promise((resolve) => {
    const child = spawn(python, words, { env, cwd: work, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let tail = ''
    child.stderr.on('data', (data) => (tail = `${tail}${data}`.slice(-2000)))
    const timer = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), limit)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(code === 0 ? '' : `${signal ?? code}: ${tail}`)
    })
  })
}

/** @param {(framework: string) => string} stampOf */
async function tryAll(stampOf) {
  const python = await environment(here)
  for (const entry of await wanted()) {
    const stamp = stampOf(entry.name)
    const exporters = []
    for (const exporter of entry.exporters)
      if (flags.again || (await resultOf(entry.name, exporter))?.stamp !== stamp) exporters.push(exporter)
    if (exporters.length === 0) continue
    const failure = await attempt(python, { ...entry, exporters }, stamp)
    for (const exporter of exporters) {
      let result = await resultOf(entry.name, exporter)
      if (result?.stamp !== stamp) {
        result = { name: entry.name, exporter, stamp, harness: failure || 'no result' }
        await writeFile(resultFile(entry.name, exporter), JSON.stringify(result))
      }
      const { answer, why } = judge(result)
      console.log(`${entry.name} ${exporter}: ${answer}${why ? ` (${why})` : ''}`)
    }
  }
}

await mkdir(results, { recursive: true })
const stampOf = await stamps(root, here)
if (!flags.table) await tryAll(stampOf)
const files = (await readdir(results)).filter((name) => name.endsWith('.json')).sort()
/** @type {Result[]} */
const all = await Promise.all(files.map((name) => readJson(join(results, name))))
await writeFile(join(root, 'docs/models-tried.md'), tableOf(all.filter(({ name, stamp }) => stamp === stampOf(name))))
