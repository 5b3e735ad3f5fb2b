/** @file Detectors whose answers are finished in the graph: the family, boxes and scores known by hand, maps on the object at its scale. */
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/graph/model.ts'
import type { Prediction } from '../../src/objective/objective.ts'
import { buildModel } from '../support/build.ts'
import { detectorPicture, finishedDetector, things } from '../support/exporter-detectors.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { finishes } from '../support/finished-families.ts'

const labels = ['red', 'green', 'blue']
const withBackground = ['__background__', ...labels]
const picture = detectorPicture()
const given = (tensor: typeof picture) => ({ tensor, region: undefined, photo: undefined })

type Name = keyof typeof finishes
const modelOf = (name: Name, image?: (string | number)[]): Uint8Array => buildModel(finishedDetector(finishes[name], image))

/** Labels of the model, its family, and warnings that belong to it. */
const cases: [Name, readonly string[], string, string[]][] = [
  ['torchvision', withBackground, 'finished boxes', []],
  ['torchvision without names', withBackground, 'finished boxes', []],
  ['TensorFlow', labels, 'finished boxes of TensorFlow', ['classes-from-one']],
  ['TensorFlow', withBackground, 'finished boxes of TensorFlow', []],
  ['SSD of the ONNX zoo', withBackground, 'finished boxes', []],
  ['EfficientNMS', labels, 'finished boxes', []],
  ['MMDeploy', labels, 'finished boxes', []],
  ['YOLO with nms=True', labels, 'rows of finished boxes', []],
  ['YOLO v7 end to end', labels, 'rows of finished boxes', []],
  ['class before score', labels, 'rows of finished boxes', []],
  ['PaddleDetection', labels, 'rows of finished boxes', ['size-input-assumed']],
  ['RT-DETR with its post-processing', labels, 'finished boxes', ['size-input-assumed']],
  ['YOLO without suppression', labels, 'rows of finished boxes', []],
]

const near = (found: Prediction | undefined, name: keyof typeof things): void => {
  expect(found?.label).toMatch(new RegExp(`^box \\d+: ${name}$`))
  expect(found?.score).toBeCloseTo(things[name].score, 5)
  for (const [i, x] of things[name].box.entries()) expect(Math.abs((found?.box?.[i] ?? Number.NaN) - x)).toBeLessThan(1)
}

describe.each(cases)('%s, labels %j', (name, names, family, codes) => {
  const model = modelOf(name)
  const about = { labels: names }

  test('family, boxes, scores', async () => {
    await withNetwork(
      model,
      async (network) => {
        expect(network.answer(await network.tensorInfo()).detector?.family).toBe(family)
        const found = await network.predict(given(picture), 9)
        for (const thing of ['red', 'green', 'blue'] as const)
          near(
            found.find(({ label }) => label.endsWith(thing)),
            thing,
          )
        expect(found.filter(({ score }) => score > 0.3)).toHaveLength(3)
      },
      about,
    )
  })

  test.each([
    ['red', 'small', [4, 4], [1]],
    ['green', 'small', [4, 4], [11]],
    ['blue', 'large', [2, 2], [2]],
  ] as const)('%s: the map at %s', async (thing, layer, [height, width], places) => {
    const why = await explainOne(model, picture, { target: `box:${thing}`, upsample: 'none', normalize: 'none', activation: 'none' }, about)
    expect([why.featureLayer, why.raw.height, why.raw.width]).toEqual([layer, height, width])
    const { score } = things[thing]
    expect(why.score).toBeCloseTo(score, 5)
    // dσ(8(f − ½))/df = 8 s (1 − s) at one of the cells; the features there are the mean
    const value = thing === 'green' ? 0.8 : 1
    const right = (8 * score * (1 - score) * value) / (height * width)
    for (const [i, x] of why.raw.data.entries()) expect(x).toBeCloseTo((places as readonly number[]).includes(i) ? right : 0, 5)
    expect(why.warnings.map(({ code }) => code)).toEqual(codes)
  })

  test.each(['occlusion', 'd-rise'])('%s: the box is followed by its place, whatever row it stands in', async (method) => {
    const options = method === 'occlusion' ? { patchPixels: 16, stridePixels: 16, fill: 'zero' } : { samples: 64, cells: 4 }
    const why = await explainOne(model, picture, { target: 'box:green', method, options, normalize: 'none', seed: 1 }, about)
    const { data, width } = why.map
    const best = data.reduce((most, x, i) => (x > (data[most] as number) ? i : most), 0)
    const [x1, y1, x2, y2] = things.green.box
    expect([best % width, Math.floor(best / width)]).toEqual([expect.closeTo((x1 + x2) / 2, -1.5), expect.closeTo((y1 + y2) / 2, -1.5)])
  })
})

describe('images without a batch, as lists of torchvision have them', () => {
  test.each(['torchvision', 'YOLO v7 end to end'] as const)('%s', async (name) => {
    const image = [3, 64, 64]
    await withNetwork(
      modelOf(name, image),
      async (network) => {
        const found = await network.predict(given({ ...picture, dims: image }), 9)
        for (const thing of ['red', 'green', 'blue'] as const)
          near(
            found.find(({ label }) => label.endsWith(thing)),
            thing,
          )
      },
      { labels: name === 'torchvision' ? withBackground : labels },
    )
  })

  test('several photos of a free batch, each with boxes of its own', async () => {
    const model = modelOf('torchvision', ['N', 3, 64, 64])
    const other = detectorPicture(['red'])
    const both = {
      ...picture,
      dims: [2, 3, 64, 64],
      data: Float32Array.of(...(picture.data as Float32Array), ...(other.data as Float32Array)),
    }
    await withNetwork(
      model,
      async (network) => {
        const [[a] = [], [b] = []] = await network.explain(given(both), { target: 'box:green' })
        expect([a?.label, b?.label]).toEqual(['box 1: green', 'box 0: green'])
        expect(a?.score).toBeCloseTo(b?.score ?? Number.NaN, 6)
      },
      { labels: withBackground },
    )
  })

  test('the model is told to detect before it is run', () => {
    expect(readModel(modelOf('torchvision')).graph.outputs.map(({ shape }) => shape)).toEqual([['k', 4], ['l'], ['s']])
  })
})
