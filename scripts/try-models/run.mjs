// What the built command answers about networks of other frameworks, held to the frameworks' own answers.
//
//   npm run try-models -- [timm/resnet* …] [--exporter dynamo] [--again] [--table]
//
// Files and results lie in $GRADCAM_TRIED, or gradcam-tried among the temporary files. A result that is there is kept until the
// command or these scripts change; --again asks anew, --table writes docs/models-tried.md of what is there and tries nothing.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { environment } from './environment.mjs'
import { writeTable } from './table.mjs'
import { judge } from './verdict.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const work = process.env.GRADCAM_TRIED ?? join(tmpdir(), 'gradcam-tried')
const results = join(work, 'results')
const limit = Number(process.env.GRADCAM_TRY_LIMIT ?? 420) * 1000
const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { exporter: { type: 'string', multiple: true }, again: { type: 'boolean' }, table: { type: 'boolean' } },
})

const readJson = async (path) => JSON.parse(await readFile(path, 'utf8'))

/** Everything in networks/, as it was asked for. */
async function wanted() {
  const files = (await readdir(join(here, 'networks'))).sort()
  const entries = (await Promise.all(files.map((file) => readJson(join(here, 'networks', file))))).flat()
  const named = entries.filter(({ name }) => names.length === 0 || names.some((glob) => matchesGlob(name, glob)))
  if (named.length === 0) throw new Error(`no network is called ${names.join(', ')}; names are in scripts/try-models/networks`)
  const kept = named.map((entry) => ({
    ...entry,
    exporters: entry.exporters.filter((name) => !flags.exporter || flags.exporter.includes(name)),
  }))
  return kept.filter(({ exporters }) => exporters.length > 0)
}

/** Changes whenever an answer could: the built command, and what asks it. */
async function stampNow() {
  const hash = createHash('sha256')
  for (const folder of [join(root, 'packages/gradcam/dist'), join(root, 'packages/cli/dist'), join(here, 'python')]) {
    const files = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|py|txt)$/.test(name)).sort()
    for (const file of files) hash.update(file).update(await readFile(join(folder, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

export const resultFile = (name, exporter) => join(results, `${name.replace('/', '-')}.${exporter}.json`)

const isDone = async (name, exporter, stamp) => {
  if (flags.again) return false
  return readJson(resultFile(name, exporter)).then(
    (result) => result.stamp === stamp,
    () => false,
  )
}

/** One network in a process of its own, whatever becomes of it. */
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
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limit)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(code === 0 ? undefined : `${signal ?? code}: ${tail}`)
    })
  })
}

async function tryAll() {
  const python = await environment(here)
  const stamp = await stampNow()
  await mkdir(results, { recursive: true })
  for (const entry of await wanted()) {
    const exporters = []
    for (const exporter of entry.exporters) if (!(await isDone(entry.name, exporter, stamp))) exporters.push(exporter)
    if (exporters.length === 0) continue
    const failure = await attempt(python, { ...entry, exporters }, stamp)
    for (const exporter of exporters) {
      const result = await readJson(resultFile(entry.name, exporter)).catch(() => undefined)
      const verdict = result?.stamp === stamp ? judge(result) : { answer: 'harness', why: failure ?? 'no result' }
      console.log(`${entry.name} ${exporter}: ${verdict.answer}${verdict.why ? ` (${verdict.why})` : ''}`)
    }
  }
}

if (!flags.table) await tryAll()
await writeTable(results, join(root, 'docs/models-tried.md'))
