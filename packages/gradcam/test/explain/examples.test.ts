/** @file Every `@example` of a doc comment runs: in a folder with a photo and a model, with the library's names in scope. */
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as ort from 'onnxruntime-node'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as composites from '../../src/gradient/composite.ts'
import * as library from '../../src/index.ts'
import * as node from '../../src/node/index.ts'
import { loadFonts } from '../../src/figure/fonts.ts'
import * as arrangements from '../../src/figure/arrangement.ts'
import * as convert from '../../src/image/convert.ts'
import * as fits from '../../src/figure/fit.ts'
import * as filters from '../../src/image/filter.ts'
import * as lettering from '../../src/figure/lettering.ts'
import * as panels from '../../src/figure/panel.ts'
import * as regrouping from '../../src/contract/regroup.ts'
import * as pngText from '../../src/image/png-text.ts'
import * as resizing from '../../src/image/resize.ts'
import * as targetSizes from '../../src/image/target-size.ts'
import * as texts from '../../src/core/text.ts'
import * as templates from '../../src/report/html.ts'
import * as web from '../../src/web/index.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const source = path('../../src')
const home = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'gradcam-examples-'))
const scope: Record<string, unknown> = {}

const run = async (code: string): Promise<unknown> => {
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor
  return (new AsyncFunction(...Object.keys(scope), `return (async () => { ${code}\n })()`) as (...values: unknown[]) => Promise<unknown>)(
    ...Object.values(scope),
  )
}

beforeAll(async () => {
  cpSync(path('../../../models/embedded'), join(folder, 'googlenet'), { recursive: true })
  cpSync(path('../../../models/embedded'), join(folder, 'models/googlenet'), { recursive: true })
  process.chdir(folder)
  const photo = await node.readImage(path('../../../../examples/photos/coffee.png'))
  writeFileSync('photo.jpg', await node.encodeImage(photo, 'jpeg'))
  copyFileSync('photo.jpg', 'dog.jpg')
  const net = await node.load('googlenet')
  const runtime = await node.nodeRuntime()
  const model = library.readModel(await readFile('googlenet/onnx/model.onnx'))
  const image = library.float32(new Float32Array(3 * 64 * 64).fill(0.1), [1, 3, 64, 64])
  writeFileSync('photo.npy', library.writeNpy(image))
  const explanation = await net.explain('photo.jpg')
  const seed = library.float32(new Float32Array(1000).fill(1), [1, 1000])
  const input = { height: 64, width: 64, channels: 3 }
  const png = await explanation.overlay().toBuffer()
  Object.assign(
    scope,
    arrangements,
    composites,
    convert,
    filters,
    fits,
    lettering,
    panels,
    pngText,
    regrouping,
    targetSizes,
    resizing,
    templates,
    texts,
  )
  Object.assign(scope, library, web, node)
  Object.assign(scope, {
    loadFonts,
    host: node.nodeHost,
    fonts: await loadFonts(node.nodeHost),
    readFile,
    net,
    runtime,
    ort,
    model,
    photo,
    pixels: photo,
    explanation,
    seed,
    input,
    png,
  })
  Object.assign(scope, { map: explanation.map, inputs: { image }, bytes: image.data, tensor: image, why: explanation, overlaid: photo })
})

afterAll(async () => {
  process.chdir(home)
  rmSync(folder, { recursive: true, force: true })
})

/** The examples of a file: what stands between `@example` and the next tag or the end of the comment. */
function examplesOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  const comments = text.match(/\/\*\*[\s\S]*?\*\//g) ?? []
  return comments.flatMap((comment) => {
    const lines = comment
      .replace(/\*\/$/, '')
      .split('\n')
      .map((line) => line.replace(/^\s*(\/\*\*|\*) ?/, ''))
    const start = lines.findIndex((line) => line.startsWith('@example'))
    if (start < 0) return []
    const rest = lines.slice(start + 1)
    const end = rest.findIndex((line) => line.startsWith('@'))
    return [[(lines[start] ?? '').slice('@example'.length), ...rest.slice(0, end < 0 ? undefined : end)].join('\n').trim()]
  })
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
)
const examples = files.sort().flatMap((file) => examplesOf(file).map((code) => ({ file, code })))

test('there are examples', () => expect(examples.length).toBeGreaterThan(12))

test.each(examples)('$file: $code', async ({ code }) => {
  const [, expression, expected] = /^([^\n]*?) \/\/ ([^\n]*)$/.exec(code) ?? []
  if (expression === undefined || expected === undefined) {
    await run(code)
    return
  }
  const value = await run(`return ${expression}`)
  // words after the slashes are an explanation, a value is an expectation
  const wanted: unknown = await run(`return (${expected})`).catch(() => undefined)
  if (wanted !== undefined) expect(value).toEqual(wanted)
})
