/** @file The code of README and docs runs as it stands, in Node or in a browser, and the compiler finds no fault in it. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { encodeImage, readImage } from '../../src/node/index.ts'
import { missingBrowser, openPage } from '../browser/chromium.ts'
import { servePage } from '../browser/serve.ts'
import { buildModel, node } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { headed } from '../support/small-nets.ts'
import { modulesOf, page, pagesOf, root } from './blocks.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, root))
const docs = readdirSync(path('docs')).filter((name) => name.endsWith('.md') && name !== 'browser.md')
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)]
const inNode = pages.flatMap((name) => modulesOf(page(name)).map((code, i) => ({ name, number: i + 1, code })))
const inBrowser = pagesOf(page('docs/browser.md')).map((code, i) => ({ number: i + 1, code }))

// modules lie in the repository, where packages and types are found; they work in a folder with models and photos
mkdirSync(path('out'), { recursive: true })
const modules = mkdtempSync(path('out/docs-'))
const place = mkdtempSync(join(tmpdir(), 'gradcam-docs-'))
const home = process.cwd()
const fileOf = (name: string, number: number): string => join(modules, `${name.replaceAll(/\W/g, '-')}-${number}.ts`)

/** image [N, 3, 8, 8] times mask [N, 1, 8, 8], then two scores. */
const masked = buildModel({
  inputs: { image: ['N', 3, 8, 8], mask: ['N', 1, 8, 8] },
  outputs: { scores: ['N', 2] },
  weights: { w: numbers(1, [4, 3, 3, 3], -0.5, 0.5), fc: numbers(2, [4, 2], -1, 1) },
  nodes: [
    node('Mul', ['image', 'mask'], 'seen'),
    node('Conv', ['seen', 'w'], 'c', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c'], 'features'),
    node('GlobalAveragePool', ['features'], 'pooled'),
    node('Flatten', ['pooled'], 'flat'),
    node('MatMul', ['flat', 'fc'], 'scores'),
  ],
})

beforeAll(async () => {
  for (const { name, number, code } of inNode) writeFileSync(fileOf(name, number), code)
  for (const { number, code } of inBrowser) writeFileSync(fileOf('browser', number), code)
  const embedded = path('packages/models/embedded')
  cpSync(embedded, join(place, 'model'), { recursive: true })
  cpSync(join(embedded, 'onnx/model.onnx'), join(place, 'model.onnx'))
  writeFileSync(join(place, 'masked.onnx'), masked)
  const { id2label } = JSON.parse(readFileSync(join(embedded, 'config.json'), 'utf8')) as { id2label: Record<string, string> }
  writeFileSync(join(place, 'labels.txt'), Object.values(id2label).join('\n'))
  const photo = await encodeImage(await readImage(path('examples/photos/coffee.png')), 'jpeg')
  for (const name of ['photo.jpg', 'other.jpg', 'dog.jpg']) writeFileSync(join(place, name), photo)
})

afterAll(() => {
  for (const folder of [modules, place]) rmSync(folder, { recursive: true, force: true })
})

test.each(inNode)('$name, block $number', async ({ name, number, code }) => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  process.chdir(place)
  try {
    await import(/* @vite-ignore */ pathToFileURL(fileOf(name, number)).href)
    for (const [, file = ''] of code.matchAll(/\.toFile\('(.*?)'\)/g)) expect(existsSync(file), file).toBe(true)
    if (name === 'README.md') expect(log.mock.calls[0]).toEqual(['espresso', expect.closeTo(0.8, 1), 'head/output'])
  } finally {
    process.chdir(home)
    log.mockRestore()
  }
})

describe.skipIf(missingBrowser !== undefined)('docs/browser.md', () => {
  test.each(inBrowser)('block $number', async ({ number }) => {
    const labels = JSON.stringify({ id2label: ['dog', 'cat', 'cup', 'fox', 'owl'] })
    const served = await servePage(pathToFileURL(fileOf('browser', number)), {
      '/model/model.onnx': buildModel(headed()),
      '/model/config.json': labels,
      '/photo.png': readFileSync(path('examples/photos/coffee.png')),
    })
    const opened = await openPage(served.url)
    try {
      expect(await Promise.race([served.answer, opened.ended])).toBe(number === 1 ? '1' : '0')
    } finally {
      await opened.close()
      served.close()
    }
  })
})

test('the compiler finds no fault', () => {
  const options = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, types: ['node'] }
  const config = { extends: path('tsconfig.test.json'), compilerOptions: options, include: ['*.ts', path('packages/*/src/**/*.d.ts')] }
  writeFileSync(join(modules, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = spawnSync(process.execPath, [path('node_modules/typescript/bin/tsc'), '-p', modules], { encoding: 'utf8' })
  expect(stdout).toBe('')
})
