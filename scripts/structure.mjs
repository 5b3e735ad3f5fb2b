/** @file `npm run structure`: sizes of the source files, and whether every import runs the way that the order of folders allows. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { root } from './setup.mjs'

/** The library's folders, first to last: each imports only from those before it; those in one line know nothing of each other. */
export const order = [
  ['core'],
  ['io'],
  ['runtime'],
  ['model'],
  ['host.ts'],
  ['graph'],
  ['contract'],
  ['gradient'],
  ['image'],
  ['objective'],
  ['run'],
  ['method'],
  ['explain'],
  ['figure'],
  ['report'],
  ['inspect.ts'],
  ['network.ts'],
  ['gradcam.ts'],
  ['index.ts'],
  ['node', 'web'],
]

/** Packages, first to last. */
const packages = ['gradcam', 'models', 'cli']

const limits = { median: 100, longest: 300 }

/** Tables, which may be longer: one row a thing, nothing to split. */
const tables = new Set(['gradcam/src/graph/operators.ts'])

/** @typedef {{ from: string, to: string }} Arrow file and file, relative to the folder that was read; `to` of a package is its name */

/** @param {string} folder @returns {string[]} its TypeScript files without tests, with forward slashes */
const sources = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.split(sep).join('/'))
    .toSorted()

/** @param {string} folder @param {string} file @returns {Arrow[]} */
function importsOf(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8')
  return Array.from(text.matchAll(/^(?:(?:import|export|\}).* from|import) '([^'\n]+)'$|\bimport\('([^'\n]+)'\)/gm), ([, fixed, lazy]) => {
    const to = fixed ?? lazy ?? ''
    return { from: file, to: to.startsWith('.') ? join(dirname(file), to).split(sep).join('/') : to }
  })
}

/** The entry of a folder in which a file lies: a folder or the file itself. @param {string} file @param {string} [folder] */
const entryOf = (file, folder = '') => (folder === '' ? file : file.slice(folder.length + 1)).split('/')[0] ?? ''

/** @param {Arrow[]} arrows @returns {string[]} arrows that run against the order of folders */
function backward(arrows) {
  /** @param {string} entry */
  const rank = (entry) => order.findIndex((row) => row.includes(entry))
  return arrows.flatMap(({ from, to }) => {
    const [a, b] = [entryOf(from), entryOf(to)]
    if (rank(a) < 0 || rank(b) < 0) return [`${from} → ${to}: ${rank(a) < 0 ? a : b} has no place in the order`]
    return a === b || rank(b) < rank(a) ? [] : [`${from} → ${to}`]
  })
}

/**
 * Circles among the entries of a folder that go through a folder; the linter knows those of files alone.
 *
 * @param {Arrow[]} arrows
 * @param {string} folder
 * @returns {string[]}
 */
function circlesIn(arrows, folder) {
  /** @type {Map<string, Map<string, Arrow>>} */
  const next = new Map()
  for (const arrow of arrows.filter((each) => folder === '' || [each.from, each.to].every((file) => file.startsWith(`${folder}/`)))) {
    const [a, b] = [entryOf(arrow.from, folder), entryOf(arrow.to, folder)]
    if (a !== b) next.set(a, (next.get(a) ?? new Map()).set(b, arrow))
  }
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const circles = []
  /** @param {string} entry @param {readonly string[]} path */
  const visit = (entry, path) => {
    const start = path.indexOf(entry)
    const circle = path.slice(start)
    if (start >= 0 && circle.some((name) => !name.endsWith('.ts'))) {
      const imports = circle.map((name, i) => next.get(name)?.get(circle[i + 1] ?? entry))
      circles.push(imports.map((arrow) => `${arrow?.from} → ${arrow?.to}`).join(', '))
    }
    if (start >= 0 || done.has(entry)) return
    for (const other of next.get(entry)?.keys() ?? []) visit(other, [...path, entry])
    done.add(entry)
  }
  for (const entry of next.keys()) visit(entry, [])
  return circles
}

/**
 * The arrows of a library's sources, and what is wrong with them.
 *
 * @param {string} folder
 */
export function layersOf(folder) {
  const files = sources(folder)
  const arrows = files.flatMap((file) => importsOf(folder, file)).filter(({ to }) => files.includes(to))
  const folders = new Set(files.flatMap((file) => file.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))))
  return { arrows: arrows.length, backward: backward(arrows), circles: [...folders].flatMap((name) => circlesIn(arrows, name)) }
}

/**
 * Imports of packages that package.json does not name, or that the core must not have: it may do without the optional ones.
 *
 * @param {string} name of the package's folder
 */
function undeclared(name) {
  const folder = `${root}packages/${name}`
  /** @type {Partial<Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>>} */
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  return sources(`${folder}/src`).flatMap((file) => {
    const adapter = name !== 'gradcam' || /^(?:node|web)\//.test(file)
    const known = new Set(Object.keys(adapter ? { ...dependencies, ...optionalDependencies, ...peerDependencies } : dependencies))
    return importsOf(`${folder}/src`, file)
      .filter(({ to }) => !to.includes('.ts') && !to.startsWith('node:') && !known.has(/^(?:@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to))
      .map(({ to }) => `${name}/src/${file} → ${to}`)
  })
}

/** Lines that are neither blank nor comment. @param {string} text */
const codeLines = (text) =>
  text
    .replaceAll(/\/\*.*?\*\//gs, '')
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length

/** @returns {boolean} whether the sources keep to the structure; says what they look like */
export function structure() {
  const sizes = packages
    .flatMap((name) => sources(`${root}packages/${name}/src`).map((file) => `${name}/src/${file}`))
    .map((file) => {
      const text = readFileSync(`${root}packages/${file}`, 'utf8')
      return { file, lines: text.split('\n').length - 1, code: codeLines(text) }
    })
    .toSorted((a, b) => a.lines - b.lines)
  const median = sizes[sizes.length >> 1]?.lines ?? 0
  const longest = sizes.findLast(({ file }) => !tables.has(file))
  const { arrows, backward: back, circles } = layersOf(`${root}packages/gradcam/src`)
  const strangers = packages.flatMap(undeclared)
  const long = sizes.filter(({ file, lines }) => lines > limits.longest && !tables.has(file))
  const code = sizes.reduce((sum, file) => sum + file.code, 0)
  console.log(
    `${sizes.length} source files without tests, ${code} lines of code; median ${median} lines, longest ${longest?.lines} (${longest?.file})`,
  )
  console.log(`${arrows} imports in the library; ${back.length} run back, ${circles.length} circles`)
  /** @type {[string, string[]][]} */
  const faults = [
    [`the median is above ${limits.median} lines`, median > limits.median ? [String(median)] : []],
    [`files above ${limits.longest} lines`, long.map(({ file, lines }) => `${file}: ${lines}`)],
    [`imports against the order ${order.map((row) => row.join(' ')).join(' · ')}`, back],
    ['circles of folders', circles],
    ['imports that package.json does not allow', strangers],
  ]
  for (const [what, list] of faults) if (list.length > 0) console.log(`${what}:\n${list.map((line) => `  ${line}`).join('\n')}`)
  return faults.every(([, list]) => list.length === 0)
}

if (process.argv[1] && relative(process.argv[1], import.meta.filename) === '') process.exitCode = structure() ? 0 : 1
