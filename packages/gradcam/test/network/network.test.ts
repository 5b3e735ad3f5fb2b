/** @file One suite for every host: Node, and a browser. The same cases, the same expectations, and the same numbers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/network.ts'
import { nodeHost } from '../../src/node/host.ts'
import { missingBrowser, openPage } from '../browser/chromium.ts'
import { servePage } from '../browser/serve.ts'
import { answer, type CaseName, cases } from './cases.ts'
import { filesFor, fontFiles } from './files.ts'

type Answers = Partial<Record<CaseName, unknown>>
type Numbers = Pick<Explanation, 'index' | 'label' | 'score' | 'region'> & { map: { width: number; height: number; data: number[] } }

const folder = mkdtempSync(join(tmpdir(), 'gradcam-network-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function inNode(): Promise<Answers> {
  const at = (file: string): string => join(folder, file)
  for (const [file, data] of Object.entries(await filesFor(at))) {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), data)
  }
  const answers: Answers = {}
  for (const name of Object.keys(cases) as CaseName[]) answers[name] = await answer(name, { host: nodeHost, at })
  return JSON.parse(JSON.stringify(answers)) as Answers
}

async function inBrowser(): Promise<Answers> {
  const rooted = (files: Record<string, Uint8Array | string>) =>
    Object.fromEntries(Object.entries(files).map(([file, data]) => [`/${file}`, data]))
  const served = await servePage(new URL('./page.ts', import.meta.url), async (origin) =>
    rooted({ ...(await filesFor((file) => `${origin}/${file}`)), ...fontFiles() }),
  )
  const page = await openPage(served.url)
  try {
    return JSON.parse(await Promise.race([served.answer, page.ended])) as Answers
  } finally {
    await page.close()
    served.close()
  }
}

const places = { Node: inNode, 'a browser': inBrowser }
const found: Record<string, Answers> = {}

describe.each(Object.keys(places) as (keyof typeof places)[])('in %s', (place) => {
  const skipped = place === 'a browser' && missingBrowser !== undefined
  beforeAll(async () => {
    if (!skipped) found[place] = await places[place]()
  })
  const asked = (name: CaseName): unknown => {
    const value = found[place]?.[name]
    expect(value).not.toHaveProperty('failed')
    return value
  }

  test.skipIf(skipped)('a model is a folder, a file, bytes or a Blob, with its weights beside or inside', () => {
    const [inFolder, asFile, external, ...bytes] = asked('models') as (Numbers & { name: string; labels: string[] })[]
    expect([inFolder?.name, asFile?.name, external?.name, ...bytes.map(({ name }) => name)]).toEqual([
      ...['net', expect.stringMatching(/^(net|model(\.onnx)?)$/), 'model', 'model', 'model'],
    ])
    expect([inFolder, asFile, external].map((each) => each?.label)).toEqual(['собака', 'собака', 'собака'])
    for (const each of [asFile, external, ...bytes]) expect(each?.map).toEqual(inFolder?.map)
    expect(Math.max(...(inFolder?.map.data ?? []))).toBe(1)
  })

  test.skipIf(skipped)('a photo is a name, bytes, a File or pixels', () => {
    const { pixels, whys, predicted } = asked('photos') as {
      pixels: number[]
      whys: Numbers[]
      predicted: { label: string; score: number }[]
    }
    expect(pixels).toEqual(Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * i * 31 + i * 7) % 256))
    expect(whys).toHaveLength(4)
    for (const why of whys) expect(why).toEqual(whys[0])
    expect(whys[0]).toMatchObject({ region: { x: 0, y: 0, width: 24, height: 16 }, photo: { width: 24, height: 16 } })
    expect([whys[0]?.map.width, whys[0]?.map.height]).toEqual([8, 8])
    expect(predicted).toHaveLength(2)
    expect([predicted[0]?.label, predicted[0]?.score]).toEqual([whys[0]?.label, whys[0]?.score])
  })

  test.skipIf(skipped)('several targets by several methods; one is asked for one', () => {
    const { whys, several } = asked('batches') as { whys: string[]; several: unknown }
    expect(whys.map((why) => why.replace(/^\d+ /, ''))).toEqual(['grad-cam', 'saliency', 'grad-cam', 'saliency'])
    expect(several).toMatchObject({ code: 'bad-option', hint: 'use `explainAll()`' })
  })

  test.skipIf(skipped)('layers, the path of the gradient, the gradient', () => {
    expect(asked('layers')).toMatchObject({ feature: 'features', steps: expect.any(Number), gradient: { dims: [1, 6, 4, 4] } })
  })

  test.skipIf(skipped)('figures are image files with letters in any script, and say what they show', () => {
    const figures = asked('figures') as Record<string, { width: number; height: number; text: Record<string, string> }> & {
      bare: number[][]
      mask: number
    }
    expect(figures['png']?.text['Title']).toContain('собака')
    expect(figures['png']?.width).toBeGreaterThan(288)
    expect(figures.bare[1]).toEqual(figures.bare[0])
    expect(figures['two']?.width).toBeGreaterThan((figures['png']?.width ?? 0) * 1.5)
    expect(figures['jpeg']).toMatchObject({ channels: 3 })
    expect(figures.mask).toBe(2)
    expect(figures['format']).toMatchObject({ code: 'bad-option' })
  })

  test.skipIf(skipped)('letters of other fonts stand on their baseline, and what no font has is told', () => {
    const { height, bottom, missing } = asked('letters') as { height: number; bottom: number; missing: string[] }
    expect([height, missing]).toEqual([192, ['猫']])
    // 1.4 · 96 = 134.4
    expect(Math.abs(bottom - 133.9)).toBeLessThan(1.5)
  })

  test.skipIf(skipped)('a report holds its photo, its maps and its colours', () => {
    expect(asked('reports')).toEqual({ start: '<!doctype html>', images: 4, named: true })
  })

  test.skipIf(skipped)('numbers as JSON', () => {
    expect(asked('json')).toMatchObject({
      ...{ schema: 'gradcam/explanation/1', label: 'собака', index: 1, model: 'net', photo: { width: 24, height: 16 } },
      map: { width: 8, height: 8, max: 1 },
      versions: expect.arrayContaining(['gradcam', 'runtime']),
    })
  })

  test.skipIf(skipped)('targets name files: masks as images and numbers, descriptions', () => {
    const { scores, missing, wrong } = asked('targets') as { scores: unknown[]; missing: unknown; wrong: unknown }
    expect(scores).toEqual(Array.from({ length: 3 }, () => ['sky in the mask', expect.closeTo(2.5, 6)]))
    expect(missing).toMatchObject({ code: 'bad-target', message: expect.stringContaining('none.png') })
    expect(wrong).toMatchObject({ code: 'bad-target', message: expect.stringContaining('not JSON') })
  })

  test.skipIf(skipped).each<[string, string, RegExp]>([
    ['page', 'image-unreadable', /page\.png is a web page/],
    ['empty', 'image-unreadable', /empty\.png is empty/],
    ['damaged', 'image-unreadable', /damaged\.png is a damaged PNG file/],
    ['missing', 'image-missing', /no such file: .*none\.png/],
    ['large', 'image-too-large', /24×16 pixels, more than 100/],
    ['noModel', 'model-missing', /none/],
    ['noFile', 'model-missing', /no such model: .*none\.onnx/],
    ['notModel', 'model-unreadable', /not an ONNX file/],
    ['config', 'model-invalid', /config\.json is not JSON/],
    ['outside', 'model-invalid', /outside its folder/],
    ['noData', 'model-missing', /weights\.bin of the model is missing/],
  ])('refused: %s', (name, code, message) => {
    const refusals = asked('refusals') as Record<string, { code: string; message: string; hint: string }>
    expect(refusals[name]).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\w{3}/) })
  })
})

/** Every number within 1e-5, whatever stands around it. */
function expectNear(a: unknown, b: unknown, path: string): void {
  if (typeof a === 'number' && typeof b === 'number') expect(Math.abs(a - b), path).toBeLessThan(1e-5)
  else if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    expect(Object.keys(a), path).toEqual(Object.keys(b))
    for (const [key, value] of Object.entries(a)) expectNear(value, (b as Record<string, unknown>)[key], `${path}.${key}`)
  } else expect(a, path).toEqual(b)
}

test.skipIf(missingBrowser !== undefined).each(['photos', 'layers', 'batches', 'reports'] as const)(
  '%s: Node and the browser agree',
  (name) => {
    const named = (answers: Answers | undefined): unknown =>
      JSON.parse(
        JSON.stringify(answers?.[name])
          .replaceAll(`${folder}/`, '')
          .replaceAll(/http:\/\/127\.0\.0\.1:\d+\//g, ''),
      )
    expectNear(named(found['Node']), named(found['a browser']), name)
  },
)
