/** @file The report page, as text and in a browser: complete, harmless whatever the names, and needing nothing else. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { methods } from '../../src/method/method.ts'
import { type Explanation, load, type Network, reportOf } from '../../src/node/index.ts'
import { float32 } from '../../src/core/tensor.ts'
import { missingBrowser, openPage } from '../browser/chromium.ts'

const hostile = '<script>document.title="owned"</script><img src=https://example.com/x onerror=alert(1)>"\'&\u202egnp'
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gradcam-report-'))
let network: Network
let explanations: Explanation[]

/** A page without the bytes of its figures: those would fill a screen where a test fails. */
const textOf = async (...of: Parameters<typeof reportOf>): Promise<string> =>
  (await reportOf(...of).toHtml()).replace(/base64,[A-Za-z0-9+/=]+/g, 'base64,…')

beforeAll(async () => {
  const labels = Array.from({ length: 1000 }, (_, i) => (i === 0 ? hostile : `label ${i}`))
  network = await load(path('../../../models/embedded'), { labels, threads: 1, size: 128 })
  const photo = path('../../../../examples/photos/coffee.png')
  explanations = await network.explainAll(photo, { target: ['top-1', 0], method: ['grad-cam', 'occlusion'] })
})
afterAll(async () => {
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

test('every map, its method, settings, layers, versions and timings are in it', async () => {
  const page = await textOf(explanations, { name: 'coffee.png' })
  expect(page.match(/<img /g)).toHaveLength(explanations.length + 2)
  for (const { method, featureLayer, reductionLayer, provenance } of explanations) {
    const known = methods.find(({ name }) => name === method)
    for (const word of [known?.title, known?.source, featureLayer, reductionLayer, provenance.model]) expect(page).toContain(word)
    for (const name of Object.keys(provenance.options)) expect(page).toContain(`${name} = `)
  }
  for (const word of [
    'label 967',
    'relu → bicubic → minmax',
    'gradcam 0.1.0',
    'onnxruntime',
    'device cpu',
    'each its own scale',
    'prepare, ms',
  ]) {
    expect(page).toContain(word)
  }
  for (const warning of explanations.flatMap(({ warnings }) => warnings)) expect(page).toContain(warning.message.replaceAll("'", '&#39;'))
})

test('labels and names are text: no tag, no script, no address comes of them', async () => {
  const page = await textOf(explanations, { name: hostile })
  expect(page).not.toMatch(/<script|javascript:|<iframe|<link|onerror=[^&]*>/)
  expect(page).not.toContain('\u202e')
  expect(page).toContain('&lt;script&gt;')
  expect(page.match(/<img src="(?!data:image\/(png|webp);base64,)/g)).toBeNull()
})

test('unsigned and signed maps have a bar of colours each; tiny scores and long labels are written as everywhere', async () => {
  const photo = path('../../../../examples/photos/coffee.png')
  const [cam, relevance] = (await network.explainAll(photo, { method: ['grad-cam', 'lrp'] })) as [Explanation, Explanation]
  const page = await textOf([{ ...cam, score: 0.0001, label: `a\nb ${'x'.repeat(1e6)}` }, relevance])
  expect(page.match(/alt="Colours/g)).toHaveLength(2)
  expect(page).toContain('<p class="note">signed maps</p>')
  expect(page).toContain('<span>-1 against</span>')
  expect(page).toContain('&lt; 0.001')
  expect(page.length).toBeLessThan(40_000)
})

test('details are shown, short ones beside the map, and warnings on top', async () => {
  const [first, ...rest] = explanations as [Explanation, ...Explanation[]]
  const told = {
    ...first,
    details: { rSquared: 0.87, weights: [1, 2, '</pre><script>'] },
    warnings: [{ code: 'x', message: 'beware', hint: 'turn back' }],
  }
  const page = await textOf([told, ...rest])
  expect(page).toContain('<dt>R²</dt><dd>0.87</dd>')
  expect(page).toContain('&lt;/pre&gt;&lt;script&gt;')
  expect(page.indexOf('beware')).toBeLessThan(page.indexOf('answers'))
})

test('a tensor has no photo to show', async () => {
  const why = await network.explain(float32(new Float32Array(3 * 64 * 64).fill(0.1), [1, 3, 64, 64]))
  const page = await textOf([why])
  expect(page.match(/<img /g)).toHaveLength(2)
  expect(page).toContain('no photo to show')
})

test('the same explanations give the same page', async () => {
  const [one, two] = await Promise.all([reportOf(explanations).toHtml(), reportOf(explanations).toHtml()])
  expect(one === two).toBe(true)
})

test('nonsense is refused', () => {
  expect(() => reportOf([])).toThrow('no explanations')
  expect(() => reportOf(new Array<Explanation>(101).fill(explanations[0] as Explanation))).toThrow('101 maps')
  expect(() => reportOf(explanations, { alpha: 3 })).toThrow('alpha')
})

describe('in a browser', () => {
  if (missingBrowser) {
    test.skip(`${missingBrowser}: the report was not opened`, () => {})
    return
  }
  test('the page opens with all its figures, asks for nothing, and runs no script', async () => {
    const file = join(folder, 'report #1 %41.html')
    await reportOf(explanations, { name: hostile }).toFile(file)
    expect((await readFile(file, 'utf8')).startsWith('<!doctype html>')).toBe(true)
    const page = await openPage(pathToFileURL(file).href)
    try {
      const [asked, ...others] = page.requests
      expect(asked).toBe(pathToFileURL(file).href)
      for (const url of others) expect(url).toMatch(/^data:image\//)
      expect(page.complaints).toEqual([])
      expect(await page.evaluate(`document.querySelectorAll('script').length`)).toBe(0)
      expect(await page.evaluate('document.title')).toContain('<script>')
      const headings = await page.evaluate(`[...document.querySelectorAll('h1, h2, h3')].map((e) => e.textContent)`)
      expect(headings).toEqual([
        hostile.replace('\u202e', ''),
        'Maps',
        expect.stringMatching(/^label 967/),
        expect.stringContaining('<script>'),
        ...['How the maps were made', 'Photo', 'Layers', 'Details', 'Timings'],
      ])
      const widths = await page.evaluate(`Promise.all([...document.images].map((i) => i.decode().then(() => i.naturalWidth)))`)
      expect(widths).toHaveLength(6)
      for (const width of widths as number[]) expect(width).toBeGreaterThan(0)
      expect(await page.evaluate(`[...document.images].every((i) => i.alt !== '')`)).toBe(true)
      // the style applies: its hash is the one that the policy names
      expect(await page.evaluate(`getComputedStyle(document.querySelector('figure')).margin`)).toBe('0px')
      expect(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`)).toBe(true)
      expect(await colours(await page.screenshot(false))).toMatchObject({ corner: [255, 255, 255] })
      const { corner, vivid } = await colours(await page.screenshot(true))
      expect(Math.max(...corner)).toBeLessThan(40)
      // the maps are there: jet's strong colours
      expect(vivid).toBeGreaterThan(0.02)
    } finally {
      await page.close()
    }
    const narrow = await openPage(pathToFileURL(file).href, { width: 360, height: 700 })
    try {
      expect(await narrow.evaluate(`document.documentElement.scrollWidth <= innerWidth`)).toBe(true)
    } finally {
      await narrow.close()
    }
  })
})

/** The colour of the first pixel, and the share of strongly coloured ones. */
async function colours(png: Uint8Array): Promise<{ corner: number[]; vivid: number }> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  let strong = 0
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = data.subarray(i, i + 3) as unknown as [number, number, number]
    if (Math.max(r, g, b) - Math.min(r, g, b) > 120) strong++
  }
  return { corner: Array.from(data.subarray(0, 3)), vivid: strong / (info.width * info.height) }
}
