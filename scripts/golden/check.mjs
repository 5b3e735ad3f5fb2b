/**
 * @file `node scripts/golden/check.mjs FOLDER`: our tensors against those of the Python processors (processors.py), one
 * line a configuration. Right: within one level, 1/255 of the range of values, everywhere, and of the same size.
 */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import {
  kerasPreprocessing,
  namedPreprocessing,
  preprocess,
  readPreprocessing,
  ultralyticsPreprocessing,
} from '../../packages/gradcam/dist/index.js'

/**
 * What a class of Python was made with, by its source.
 *
 * @typedef {Parameters<typeof namedPreprocessing>[1] & Parameters<typeof ultralyticsPreprocessing>[0] & { mode: Parameters<typeof kerasPreprocessing>[0] }} Given
 */
/** @typedef {{ name: string, width: number, height: number, channels: 1 | 3 | 4 }} Photo */
/** @typedef {{ name: string, source: string, given: Given, saved: unknown, photo: string, shape: number[], file: string, refused?: string }} Case */
/** @typedef {{ right: number, of: number, worst: number, notes: string[] }} Row */

const folder = process.argv[2] ?? '/tmp/golden-processors'
const only = process.argv[3]
/** @type {{ versions: Record<string, string>, photos: Photo[], cases: Case[] }} */
const index = JSON.parse(readFileSync(`${folder}/index.json`, 'utf8'))
/** @type {Map<string, import('gradcam').Pixels>} */
const photos = new Map(
  index.photos.map(({ name, ...photo }) => [name, { ...photo, data: new Uint8Array(readFileSync(`${folder}/${name}.bin`)) }]),
)

/** Sources that are no files. @type {Record<string, (given: Given) => import('gradcam').Preprocessing>} */
const named = {
  torchvision: (given) => namedPreprocessing('torchvision', given),
  letterbox: ultralyticsPreprocessing,
  keras: ({ mode }) => kerasPreprocessing(mode),
}

/**
 * The largest difference in levels, after undoing scale and deviation.
 *
 * @param {Float32Array} ours
 * @param {Float32Array} theirs
 * @param {import('gradcam').Preprocessing} spec
 */
function difference(ours, theirs, spec) {
  const plane = ours.length / 3
  let worst = 0
  for (let i = 0; i < ours.length; i++) {
    const std = spec.std[Math.floor(i / plane)] ?? spec.std[0] ?? 1
    worst = Math.max(worst, Math.abs(((ours[i] ?? NaN) - (theirs[i] ?? NaN)) * std) / Math.abs(spec.scale))
  }
  return worst
}

/** @type {Map<string, Row>} */
const rows = new Map()
for (const { name, source, given, saved, photo, shape, file, refused } of index.cases) {
  if (only && !name.startsWith(only)) continue
  const row = rows.get(name) ?? { right: 0, of: 0, worst: 0, notes: /** @type {string[]} */ ([]) }
  rows.set(name, row)
  if (refused) {
    row.notes.push(`Python refuses ${photo}`)
    continue
  }
  row.of++
  try {
    const spec = named[source]?.(given) ?? readPreprocessing(given).preprocessing
    if (saved && !isDeepStrictEqual(readPreprocessing(saved).preprocessing, spec)) row.notes.push('saved file reads otherwise')
    const pixels = photos.get(photo)
    if (!pixels) throw new Error('no such photo')
    const { tensor } = preprocess(pixels, spec, { type: 'float32', layout: 'nchw', height: undefined, width: undefined, channels: 3 })
    if (tensor.dims.slice(1).join() !== shape.join()) {
      row.notes.push(`${photo}: ${tensor.dims.slice(1).join('×')} instead of ${shape.join('×')}`)
      continue
    }
    const bytes = readFileSync(`${folder}/${file}`)
    const worst = difference(
      /** @type {Float32Array} */ (tensor.data),
      new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
      spec,
    )
    row.worst = Math.max(row.worst, worst)
    if (worst <= 1.001) row.right++
    else row.notes.push(`${photo}: ${worst.toFixed(2)} levels`)
  } catch (error) {
    row.notes.push(`${photo}: ${String(error)}`)
  }
}

for (const [name, { right, of, worst, notes }] of rows) {
  console.log(
    `${right === of && !notes.some((note) => note.startsWith('saved')) ? 'right' : 'WRONG'}  ${right}/${of}  ${worst.toFixed(3)}  ${name}  ${[...new Set(notes)].join('; ')}`,
  )
}
const all = [...rows.values()]
const wrong = all.filter(({ right, of, notes }) => right < of || notes.some((note) => note.startsWith('saved')))
console.log(
  `${all.length - wrong.length} of ${all.length} configurations are right, ${all.reduce((sum, { right }) => sum + right, 0)} of ${all.reduce((sum, { of }) => sum + of, 0)} tensors; ${JSON.stringify(index.versions)}`,
)
process.exit(wrong.length > 0 ? 1 : 0)
