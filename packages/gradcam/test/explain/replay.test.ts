/** @file An explanation that is made again from its JSON is the same to the last digit; of anything else it is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExplanationJson } from '../../src/explain/explanation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { toFloat32 } from '../../src/core/tensor.ts'
import { writeNpy } from '../../src/io/npy.ts'
import { load, type Network } from '../../src/node/index.ts'
import { buildModel } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'
import { headClasses, headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const image = images(1)
const folder = mkdtempSync(join(tmpdir(), 'gradcam-replay-'))
let network: Network

beforeAll(async () => {
  network = await load(model, { threads: 1 })
})
afterAll(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

/** As it would come out of a file. */
const recorded = async (options: ExplainOptions): Promise<ExplanationJson> =>
  JSON.parse(JSON.stringify(await network.explain(image, options))) as ExplanationJson

describe('the same map again', () => {
  test.each<[string, ExplainOptions]>([
    ['the best class, as it was chosen', {}],
    ['a class', { target: 2, method: 'layer-cam' }],
    ['this rather than that', { target: 'difference:1|2', activation: 'none', normalize: 'max' }],
    ['a formula', { target: 'expression:prob[1] * 2', featureLayer: 'features' }],
    ['random masks by their seed', { method: 'rise', options: { samples: 40 }, seed: 7 }],
    ['noise and a mirror image', { noise: 3, noiseLevel: 0.2, augment: 'flip', seed: 3, target: 1 }],
    ['a preset', { preset: 'pytorch-grad-cam', method: 'grad-cam++', target: 0 }],
    ['another reduction layer', { preset: 'matlab', target: 1 }],
  ])('%s', async (_, options) => {
    const json = await recorded(options)
    const again = await load(model, { threads: 1 })
    try {
      const { explanation, ...verdict } = await again.replay(json, image)
      expect(verdict).toEqual({ identical: true, difference: 0, changed: [] })
      expect(explanation.label).toBe(json.label)
      expect(explanation.score).toBe(json.score)
    } finally {
      await again.close()
    }
  })

  test('another seed is another map: the comparison can tell', async () => {
    const json = await recorded({ method: 'rise', options: { samples: 40 }, seed: 7 })
    const { identical, difference } = await network.replay({ ...json, request: { ...json.request, seed: 8 } }, image)
    expect(identical).toBe(false)
    expect(difference).toBeGreaterThan(0)
  })
})

describe('refused', () => {
  test('another image', async () => {
    const json = await recorded({})
    expect(await refusal(() => network.replay(json, { ...image, data: toFloat32(image).map((value) => value + 1) }))).toMatchObject({
      code: 'replay-mismatch',
    })
  })

  test('another model', async () => {
    const json = await recorded({})
    const other = await load(buildModel({ ...headed(), opset: 16 }), { threads: 1 })
    expect(await refusal(() => other.replay(json, image))).toMatchObject({ code: 'replay-mismatch' })
    await other.close()
  })

  test('a file of the target that changed', async () => {
    const file = join(folder, 'reference.npy')
    const written = (value: number): void =>
      writeFileSync(
        file,
        writeNpy({ type: 'float32', dims: [headClasses], data: Float32Array.from({ length: headClasses }, (_, i) => value + i) }),
      )
    written(1)
    const json = await recorded({ target: { kind: 'similar', to: { file } } })
    expect((await network.replay(json, image)).identical).toBe(true)
    written(2)
    expect(await refusal(() => network.replay(json, image))).toMatchObject({ code: 'replay-mismatch' })
  })

  test('a score that was given in code has to be given again', async () => {
    const target: ExplainOptions['target'] = {
      kind: 'custom',
      label: 'first minus second',
      reads: ['prob'],
      score: ({ g, read }) => g.sum(g.sub(g.slice(read('prob'), 1, 0, 1), g.slice(read('prob'), 1, 1, 2)), [1], false),
    }
    const json = await recorded({ target })
    expect(await refusal(() => network.replay(json, image))).toMatchObject({ code: 'bad-option' })
    expect((await network.replay(json, image, { target })).identical).toBe(true)
  })

  test('something else', async () => {
    expect(await refusal(() => network.replay({} as ExplanationJson, image))).toMatchObject({ code: 'bad-option' })
  })
})
