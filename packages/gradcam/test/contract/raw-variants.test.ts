/** @file Raw families in other hands: free batch and size, no labels, channels last, outputs whose lengths nothing declares. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { cellsOf, logits, rawDetector, rawPicture } from '../support/raw-detectors.ts'
import { rawBox, type RawCase, rawFamilies } from '../support/raw-families.ts'

const labels = ['red', 'green', 'blue']

/** Boxes of all three things by hand. */
async function holds(spec: ModelSpec, family: RawCase, names: readonly string[] = labels): Promise<void> {
  const model = buildModel(spec)
  for (const [index, thing] of (['red', 'green', 'blue'] as const).entries()) {
    const target = family.candidate ? `box:${family.candidate(thing)}` : ({ kind: 'box', class: index } as const)
    const why: ExplanationData = await explainOne(model, rawPicture(family), { target }, { labels: names })
    expect(why.score).toBeCloseTo(family.score(logits[thing]), 5)
    const { boxes } = why.details as unknown as { boxes: [{ box: number[] }] }
    for (const [i, x] of rawBox(family, thing).entries()) expect(Math.abs((boxes[0].box[i] ?? Number.NaN) - x)).toBeLessThan(1)
    expect(why.warnings).toEqual([])
  }
}

const free = (shape: readonly (string | number)[], name: string): (string | number)[] =>
  shape.map((dim, i) => (i === 0 ? 'N' : dim === 3 ? dim : `${name}_${i}`))

describe('batch and size are free', () => {
  const each: [string, RawCase][] = Object.entries(rawFamilies)
  // without a batch there is nothing to be free
  test.each(each.filter(([name]) => !name.includes('without a batch')))('%s', async (_, family) => {
    const spec = rawDetector(family)
    const outputs = Object.fromEntries(Object.entries(spec.outputs).map(([name, shape]) => [name, free(shape, name)]))
    await holds({ ...spec, inputs: { image: ['N', 3, 'height', 'width'] }, outputs }, family, family.candidate ? ['face'] : labels)
  })

  test('SCRFD without a batch, of lengths that nothing declares', async () => {
    const family: RawCase = rawFamilies['SCRFD by stride, without a batch']
    const spec = rawDetector(family)
    const outputs = Object.fromEntries(Object.entries(spec.outputs).map(([name, [, last = 0]]) => [name, [`${name}_0`, last]]))
    await holds({ ...spec, inputs: { image: [1, 3, 'height', 'width'] }, outputs }, family, [])
  })
})

test.each([
  'YOLOX',
  'NanoDet-Plus',
  'FCOS of torchvision',
  'FCOS of AdelaiDet',
  'CenterNet',
  'RetinaNet of torchvision',
  'EfficientDet',
] as const)('%s without labels', (name) => holds(rawDetector(rawFamilies[name]), rawFamilies[name], []))

test('EfficientDet of TensorFlow: channels last, anchors of one place behind each other', async () => {
  const family: RawCase = rawFamilies.EfficientDet
  const strides = [8, 16, 32, 64, 128]
  const last = (name: string, channels: number): [string, number[]][] =>
    strides.map((s) => [`${name}${s}/last`, [1, cellsOf(s), cellsOf(s), channels]])
  const spec = rawDetector({
    ...family,
    outputs: Object.fromEntries([...last('cls', 27), ...last('reg', 36)]),
    nodes: ['cls', 'reg'].flatMap((name) =>
      strides.map((s) => node('Transpose', [`${name}${s}`], `${name}${s}/last`, { perm: [0, 2, 3, 1] })),
    ),
  })
  await holds(spec, family)
})

test('two pictures at once, each with its own boxes', async () => {
  const family: RawCase = rawFamilies.YOLOX
  const spec = rawDetector(family)
  const outputs = Object.fromEntries(Object.entries(spec.outputs).map(([name, shape]) => [name, ['N', ...shape.slice(1)]]))
  const [both, alone] = [rawPicture(family), rawPicture(family, ['red', 'green'])]
  const tensor = {
    ...both,
    dims: [2, ...both.dims.slice(1)],
    data: Float32Array.of(...(both.data as Float32Array), ...(alone.data as Float32Array)),
  }
  await withNetwork(
    buildModel({ ...spec, inputs: { image: ['N', 3, 128, 128] }, outputs }),
    async (network) => {
      const found = await network.explain({ tensor, region: undefined, photo: undefined }, { target: 'box:top-1' })
      expect(found.map(([why]) => why?.label.replace(/^box \d+: /, ''))).toEqual(['red', 'blue'])
    },
    { labels },
  )
})
