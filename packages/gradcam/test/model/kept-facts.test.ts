/** @file Facts of large models are kept on disk: they save work, and whatever becomes of them, the answer is the same. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createExplainer } from '../../src/explain/explainer.ts'
import { type ExplanationData, explanationJson } from '../../src/explain/explanation.ts'
import type { Model } from '../../src/graph/model.ts'
import { openModel } from '../../src/graph/open.ts'
import type { FileFacts } from '../../src/host.ts'
import { nodeHost } from '../../src/node/host.ts'
import { largeNet } from '../support/large-net.ts'
import { runtimeFor } from '../support/providers.ts'
import { images } from '../support/small-nets.ts'

const root = await mkdtemp(join(tmpdir(), 'gradcam-test-'))
const usual = process.env['XDG_CACHE_HOME']
afterAll(async () => {
  if (usual === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = usual
  await rm(root, { recursive: true })
})
const file = join(root, 'model.onnx')
await writeFile(file, largeNet())
// the digest of a file that has just been written is not kept: its times may be too coarse to tell a second change
await setTimeout(3100)

const runtime = await runtimeFor('cpu')
const about = { name: 'large', labels: [], preprocessing: undefined, singleLabel: true }
const image = { tensor: images(1), region: undefined, photo: undefined }

interface Outcome {
  why: ExplanationData
  /** Models that were opened. */
  opened: number
}

async function explained(model: Model): Promise<Outcome> {
  let opened = 0
  const counting = {
    ...runtime,
    open: (...given: Parameters<typeof runtime.open>) => {
      opened++
      return runtime.open(...given)
    },
  }
  const explainer = createExplainer(model, counting, about)
  const [[why] = []] = await explainer.explain(image, { target: 3 })
  await explainer.close()
  return { why: why as ExplanationData, opened }
}

const fromDisk = async (cache?: boolean): Promise<Outcome> => explained((await openModel(nodeHost, file, cache)).model)
const codes = ({ why }: Outcome): string[] => why.warnings.map(({ code }) => code).filter((code) => code.startsWith('cache'))

let folder = ''
let count = 0
beforeEach(() => {
  process.env['XDG_CACHE_HOME'] = join(root, String(++count))
  folder = join(root, String(count), 'gradcam')
})
const files = (): Promise<string[]> => readdir(folder).catch(() => [])

const plain = await fromDisk(false)
const same = ({ why }: Outcome): void => expect([why.map, why.score, why.raw]).toEqual([plain.why.map, plain.why.score, plain.why.raw])

test('the second process opens the explained model and no other', async () => {
  const first = await fromDisk()
  const second = await fromDisk()
  expect([first.opened, second.opened]).toEqual([2, 1])
  for (const each of [first, second]) same(each)
  expect([codes(first), codes(second)]).toEqual([[], []])
  // a digest, and facts
  expect(await files()).toHaveLength(2)
})

test('switched off, nothing is written', async () => {
  same(await fromDisk(false))
  expect(await files()).toEqual([])
})

describe('damaged files are ignored with a word', () => {
  const damages: Record<string, (text: string) => string> = {
    empty: () => '',
    'cut off': (text) => text.slice(0, text.length / 2),
    'one digit changed': (text) => text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10)),
    'another program’s': () => '{"version":1}',
  }
  test.each(Object.keys(damages))('%s', async (name) => {
    await fromDisk()
    for (const each of await files()) {
      const text = await readFile(join(folder, each), 'utf8')
      await writeFile(join(folder, each), damages[name]?.(text) ?? '')
    }
    const again = await fromDisk()
    same(again)
    expect(codes(again)).toEqual(['cache-ignored'])
    // and made anew
    const healed = await fromDisk()
    expect([healed.opened, codes(healed)]).toEqual([1, []])
  })
})

test.each([
  '{}',
  '[]',
  'null',
  '{"inputShapes":{},"types":[],"shapes":[],"constants":[["a",{"type":"int64","dims":[2],"data":""}]],"perImage":[]}',
])('facts of another form are ignored: %s', async (text) => {
  const { model } = await openModel(nodeHost, file)
  const ignored: string[] = []
  const facts: FileFacts = {
    read: async () => text,
    write: async () => undefined,
    ignore: (_, why) => void ignored.push(why),
    warnings: () => [],
    digest: async () => '',
  }
  same(await explained({ ...model, file: { digest: async () => '', read: () => readFile(file), facts } }))
  expect(ignored).toHaveLength(1)
})

test('a place that cannot be written is ignored with a word', async () => {
  await writeFile(join(root, String(count)), 'a file where a folder should be')
  const network = await openModel(nodeHost, file)
  same(await explained(network.model))
  // it was noticed after the first answer
  expect(codes(await explained(network.model))).toEqual(['cache-not-written'])
})

test('several at once', async () => {
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => fromDisk()))
  for (const each of outcomes) {
    same(each)
    expect(codes(each)).toEqual([])
  }
  expect((await fromDisk()).opened).toBe(1)
  expect(await files()).toHaveLength(2)
})

test('a file that was replaced is another model', async () => {
  await fromDisk()
  const before = await readFile(file)
  try {
    const other = largeNet(1)
    await writeFile(file, other)
    const { why } = await fromDisk()
    expect(why.score).not.toBe(plain.why.score)
    expect(JSON.stringify(explanationJson(why))).toContain(createHash('sha256').update(other).digest('hex'))
  } finally {
    await writeFile(file, before)
  }
})
