/** @file Regions of a segmentation: where the network itself sees a class, and where a person points. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { writeNpy } from '../../src/io/npy.ts'
import { encodeImage, load } from '../../src/node/index.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import type { RegionSpec } from '../../src/objective/kinds/region.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { explainAll } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'

/** A "network" whose class scores are its image: x [N, 3, 2, 2] → Relu and its negative `scores`. */
const spec: ModelSpec = {
  inputs: { x: ['N', 3, 2, 2] },
  outputs: { scores: ['N', 3, 2, 2] },
  weights: { bias: float32([-1, -1, -1], [1, 3, 1, 1]) },
  nodes: [node('Relu', ['x'], 'features'), node('Add', ['features', 'bias'], 'scores')],
}
const exclusive = buildModel(spec)
const independent = buildModel({ ...spec, outputs: { p: ['N', 3, 2, 2] }, nodes: [...spec.nodes, node('Sigmoid', ['scores'], 'p')] })
const two = float32(
  [
    [5, 1, 0, 2, /**/ 1, 3, 0, 1.5, /**/ 0, 0, 0.5, 0],
    [0, 1, 4, 2, /**/ 4, 3, 0, 1.5, /**/ 0, 0, 0.5, 0],
  ].flat(),
  [2, 3, 2, 2],
)
const first = float32((two.data as Float32Array).slice(0, 12), [1, 3, 2, 2])
const about = { labels: ['sky', 'sea', 'land'] }
const asked = async (model: Uint8Array, x: typeof two, target: ObjectiveInput): Promise<ExplanationData[]> =>
  (await explainAll(model, x, { target, featureLayer: 'features', upsample: 'none' }, about)).flat()

describe('where the network sees a class', () => {
  test.each<[string, Omit<RegionSpec, 'kind' | 'class'>, number, number]>([
    ['sky', {}, 2, (4 + 1) / 2],
    ['sky', { reduce: 'sum' }, 2, 5],
    ['sea', {}, 1, 2],
    ['land', {}, 1, -0.5],
  ])('the largest of all: %s %j', async (name, how, places, score) => {
    const [why] = await asked(exclusive, first, { kind: 'region', class: name, ...how })
    expect(why?.details).toEqual({ region: { places, share: places / 4 } })
    expect(why?.score).toBeCloseTo(score, 6)
  })

  test.each<[string, number, number]>([
    ['sky', 2, (4 + 1) / 2],
    ['sea', 2, (2 + 0.5) / 2],
  ])('a probability over a half, where classes do not exclude each other: %s', async (name, places, score) => {
    const [why] = await asked(independent, first, `region:${name}`)
    expect(why?.details).toEqual({ region: { places, share: places / 4 } })
    expect(why?.score).toBeCloseTo(score, 6)
    expect(why?.reductionLayer).toBe('scores')
  })

  test('its own region for each image of a batch', async () => {
    const whys = await asked(exclusive, two, 'region:sky')
    expect(whys.map(({ score }) => score)).toEqual([expect.closeTo(2.5, 6), expect.closeTo(2, 6)])
  })

  test('nowhere: what is seen instead', async () => {
    const error = await refusal(() => asked(independent, first, 'region:land'))
    expect([error.code, error.hint]).toEqual(['target-absent', expect.stringContaining('sky (50.0 %), sea (50.0 %)')])
    const batch = await refusal(() => asked(independent, two, 'region:land'))
    expect(batch.message).toContain('image 0')
  })

  test.each<[ObjectiveInput, string]>([
    ['region:top-2', 'bad-target'],
    ['region:lake', 'unknown-label'],
    [{ kind: 'region', class: 0, over: { mask: { width: 3, height: 2, data: [1, 1, 1, 1, 1, 1] } } }, 'shape-mismatch'],
    [{ kind: 'region', class: 0, over: { mask: { width: 2, height: 2, data: [0, 0, 0, 0] } } }, 'target-absent'],
    [{ kind: 'region', class: 0, over: { mask: { file: 'mask.png' } } }, 'bad-target'],
    [{ kind: 'region', class: 0, tensor: 'score' }, 'unknown-tensor'],
  ])('%j: refused', async (target, code) => {
    expect((await refusal(() => asked(exclusive, first, target))).code).toBe(code)
  })
})

test('channels last', async () => {
  const last = buildModel({
    ...spec,
    outputs: { out: ['N', 2, 2, 3] },
    nodes: [...spec.nodes, node('Transpose', ['scores'], 'out', { perm: [0, 2, 3, 1] })],
  })
  const [why] = await asked(last, first, 'region:sky')
  expect(why?.score).toBeCloseTo(2.5, 6)
})

describe('masks in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-masks-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('an image, white inside, and numbers', async () => {
    writeFileSync(join(folder, 'model.onnx'), exclusive)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ id2label: about.labels }))
    writeFileSync(
      join(folder, 'mask.png'),
      await encodeImage({ width: 2, height: 2, channels: 1, data: Uint8Array.of(255, 0, 0, 200) }, 'png'),
    )
    writeFileSync(join(folder, 'mask.npy'), writeNpy(float32([1, 0, 0, 1], [2, 2])))
    writeFileSync(
      join(folder, 'target.json'),
      JSON.stringify({ kind: 'region', class: 'sky', over: { mask: { file: join(folder, 'mask.png') } } }),
    )
    writeFileSync(
      join(folder, 'photo.png'),
      await encodeImage({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(9) }, 'png'),
    )
    const net = await load(join(folder, 'model.onnx'))
    try {
      for (const target of [
        `region:sky@${join(folder, 'mask.png')}`,
        `region:sky@${join(folder, 'mask.npy')}`,
        `@${join(folder, 'target.json')}`,
      ]) {
        const why = await net.explain(first, { target, featureLayer: 'features' })
        expect(why.score).toBeCloseTo((4 + 1) / 2, 6)
        expect(why.label).toBe('sky in the mask')
      }
      await expect(net.explain(first, { target: `@${join(folder, 'photo.png')}` })).rejects.toMatchObject({ code: 'bad-target' })
    } finally {
      await net.close()
    }
  })
})
