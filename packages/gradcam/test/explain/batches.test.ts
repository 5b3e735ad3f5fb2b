/** @file Several images and several targets in one run: each must get what it would get alone. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne, withNetwork } from '../support/explain.ts'
import { loadNet } from '../support/golden-nets.ts'
import { imageAt } from '../support/net-targets.ts'
import { describeShared } from '../support/shared.ts'
import { headChannels, headClasses, headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const batch = images(3)
const same = { atol: 1e-6, rtol: 1e-5 }

function expectSame(actual: ExplanationData | undefined, expected: ExplanationData | undefined): void {
  if (!actual || !expected) throw new Error('an explanation is missing')
  expect([actual.index, actual.label]).toEqual([expected.index, expected.label])
  expect(actual.score).toBeCloseTo(expected.score, 6)
  expect(actual.top.map(({ index }) => index)).toEqual(expected.top.map(({ index }) => index))
  expectClose(actual.raw.data, expected.raw.data, same, 'raw')
  expectClose(actual.map.data, expected.map.data, { atol: 1e-5, rtol: 0 }, 'map')
}

describe('a batch equals its singles', () => {
  test.each([['top-1' as const], [2], ['top-3' as const], [[4, 0, 'top-2', 1]]])('target %j', async (target) => {
    const together = await explainAll(model, batch, { target })
    expect(together.length).toBe(3)
    for (let n = 0; n < 3; n++) {
      const [alone = []] = await explainAll(model, imageAt(batch, n), { target })
      expect(together[n]?.length).toBe(alone.length)
      alone.forEach((why, t) => expectSame(together[n]?.[t], why))
    }
  })

  test('the images do differ, and so do their best classes', async () => {
    const together = (await explainAll(model, images(8))).flat()
    expect(new Set(together.map(({ index }) => index)).size).toBeGreaterThan(1)
    expect(new Set(together.map(({ raw }) => raw.data.join())).size).toBe(8)
  })

  test('models whose batch is fixed at two', async () => {
    const spec = headed()
    const fixed = buildModel({ ...spec, inputs: { x: [2, 3, 8, 8] }, outputs: { prob: [2, headClasses] } })
    const two = images(2)
    const results = await explainAll(fixed, two)
    for (let n = 0; n < 2; n++) expectSame(results[n]?.[0], await explainOne(model, imageAt(two, n)))
  })
})

describe('targets', () => {
  test('the class that the graph chooses gets the map of that class given by its index', async () => {
    const [chosen] = (await explainAll(model, imageAt(batch, 0))).flat()
    expect(chosen?.index).toBe(chosen?.top[0]?.index)
    expectSame(await explainOne(model, imageAt(batch, 0), { target: chosen?.index ?? -1 }), chosen)
  })

  test('top-K: K classes, best first, those of the scores', async () => {
    const [all = []] = await explainAll(model, imageAt(batch, 1), { target: `top-${headClasses}` })
    const scores = all.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(all.map(({ index }) => index)).toEqual(all[0]?.top.map(({ index }) => index))
    expect(new Set(all.map(({ index }) => index)).size).toBe(headClasses)
    for (const why of all) expectSame(await explainOne(model, imageAt(batch, 1), { target: why.index ?? -1 }), why)
  })

  test('opset 9, where TopK still takes k as an attribute', async () => {
    const old = buildModel(headed(9))
    const [all = []] = await explainAll(old, imageAt(batch, 1), { target: 'top-3' })
    const [expected = []] = await explainAll(model, imageAt(batch, 1), { target: 'top-3' })
    expected.forEach((why, t) => expectSame(all[t], why))
  })
})

describeShared('a class of its own for every image', 'golden/nets/index.json', () => {
  test('multilabel: class 0 for one image, class 3 for the other', async () => {
    const net = loadNet('multilabel')
    const [first, second] = net.targets
    if (!first || !second) throw new Error('two targets were expected')
    const results = await explainAll(net.model, Object.values(net.inputs)[0] as Tensor, {
      ...{ targets: [0, 3], featureLayer: net.features.tensor, reductionLayer: 'logits' },
      ...{ activation: 'none', upsample: 'none', normalize: 'none' },
    })
    const raws = results.map(([why]) => why?.raw.data as Float32Array)
    // the second target is golden for the sigmoid p: its logit's map is p(1 − p) times smaller
    const p = second.score[1] ?? Number.NaN
    const truth = [first.raw['gradcam_linear']?.map.data.slice(0, 64), second.raw['gradcam_linear']?.map.data.slice(64)] as Float32Array[]
    expectClose(raws[0] as Float32Array, truth[0] as Float32Array, { atol: 2e-5, rtol: 1e-3 }, 'image 0')
    expectClose(
      raws[1] as Float32Array,
      (truth[1] as Float32Array).map((value) => value / (p * (1 - p))),
      { atol: 2e-5, rtol: 1e-3 },
      'image 1',
    )
  })
})

test('one image fills the fixed batch of a model, and is answered once', async () => {
  const fixed = buildModel({ ...headed(), inputs: { x: [3, 3, 8, 8] }, outputs: { prob: [3, headClasses] } })
  const one = images(1)
  const [truth, why] = [await explainOne(model, one), await explainOne(fixed, one)]
  expect(why.index).toBe(truth.index)
  expectClose(why.raw.data, truth.raw.data, same, 'raw map')
  await withNetwork(fixed, async (network) => {
    const image = { tensor: one, region: undefined, photo: undefined }
    expect((await network.layers()).feature.shape).toEqual([3, headChannels, 4, 4])
    expect((await network.predict(image, 1))[0]?.index).toBe(truth.index)
    const { steps } = await network.path(image)
    // d logit / d logits is a single 1, whatever the batch
    expect(steps[0]?.norm).toBeCloseTo(1, 6)
  })
})
