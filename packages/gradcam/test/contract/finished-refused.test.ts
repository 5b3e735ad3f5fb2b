/** @file Finished detectors where there is nothing to read, or where two readings are possible; and neighbours that are no detectors. */
import { describe, expect, test } from 'vitest'
import { answerOf } from '../../src/contract/answer.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { detectorPicture, finishedDetector, things } from '../support/exporter-detectors.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { finishes } from '../support/finished-families.ts'
import { refusal } from '../support/refusal.ts'

const labels = ['red', 'green', 'blue']
const given = (tensor: Tensor) => ({ tensor, region: undefined, photo: undefined })
const modelOf = (name: keyof typeof finishes): Uint8Array => buildModel(finishedDetector(finishes[name]))
const nothing = detectorPicture(labels)

describe('no box in the picture', () => {
  test.each(['torchvision', 'YOLO v7 end to end', 'TensorFlow', 'EfficientNMS', 'YOLO with nms=True', 'PaddleDetection'] as const)(
    '%s: nothing to list, and what can be done instead',
    async (name) => {
      await withNetwork(
        modelOf(name),
        async (network) => {
          expect(await network.predict(given(nothing), 5)).toEqual([])
          for (const target of [undefined, 'box:red', 'box:0'] as const) {
            const error = await refusal(() => network.explain(given(nothing), target === undefined ? {} : { target }))
            expect(error).toMatchObject({ code: 'target-absent', message: expect.stringContaining('no box in this image') })
            expect(error.hint).toContain('value:')
          }
          // a picture with boxes after one without: branches and sizes are those of each
          expect(await network.predict(given(detectorPicture()), 5)).toHaveLength(3)
        },
        { labels },
      )
    },
  )

  test('a class that no box has: which there are', async () => {
    const asked = { target: 'box:blue' }
    const error = await refusal(() => explainOne(modelOf('MMDeploy'), detectorPicture(['blue']), asked, { labels }))
    expect(error).toMatchObject({ code: 'target-absent', hint: expect.stringContaining('red, green') })
  })

  test('a box that there is not', async () => {
    const error = await refusal(() => explainOne(modelOf('MMDeploy'), detectorPicture(), { target: 'box:7' }, { labels }))
    expect(error).toMatchObject({ code: 'bad-index', message: expect.stringContaining('gives out 3') })
  })
})

test('scores that are NaN', async () => {
  const broken = { ...detectorPicture(), data: new Float32Array(3 * 64 * 64).fill(Number.NaN) }
  const error = await refusal(() => explainOne(modelOf('RT-DETR with its post-processing'), broken, {}, { labels }))
  expect(error).toMatchObject({ code: 'bad-target', message: expect.stringContaining('NaN') })
})

describe('labels of another number', () => {
  test('fewer than numbers of classes: boxes are shown by number', async () => {
    const why = await explainOne(modelOf('EfficientNMS'), detectorPicture(), { target: 'box:top-1' }, { labels: ['a', 'b'] })
    // red and blue are as likely; class 2 exists, so that two labels are those of something else
    expect(why.label).toMatch(/^box \d: class [02]$/)
  })

  test('none: boxes are shown by number, as the network counts', async () => {
    const found = await withNetwork(modelOf('SSD of the ONNX zoo'), (network) => network.predict(given(detectorPicture()), 5))
    expect(found.map(({ label }) => label.replace(/^box \d: /, '')).sort()).toEqual(['class 1', 'class 2', 'class 3'])
  })
})

/** Rows [k, 6] that are the image itself, less those that are empty. */
const rowsModel = (count: number): Uint8Array =>
  buildModel({
    opset: 17,
    inputs: { x: [1, 1, count, 6] },
    outputs: { y: ['k', 6] },
    weights: {
      first: { type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
      both: { type: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) },
      none: float32([0], []),
    },
    nodes: [
      node('Relu', ['x'], 'features'),
      node('Squeeze', ['features', 'both'], 'rows'),
      node('ReduceMax', ['rows'], 'largest', { axes: [1], keepdims: 0 }),
      node('Greater', ['largest', 'none'], 'kept'),
      node('NonZero', ['kept'], 'places'),
      node('Squeeze', ['places', 'first'], 'index'),
      node('Gather', ['rows', 'index'], 'y', { axis: 0 }),
    ],
  })

describe('two readings', () => {
  const row = (score: number, id: number): number[] => [1, 0, 4, 2, score, id]
  const asked = { featureLayer: 'features', upsample: 'none' } as const

  test('a score between 0 and 1 tells them apart', async () => {
    const image = float32([...row(0.9, 1), ...row(0.7, 0)], [1, 1, 2, 6])
    expect((await explainOne(rowsModel(2), image, asked, { labels: ['cat', 'dog'] })).label).toBe('box 0: dog')
  })

  test('scores of 1 beside classes 0 and 1: refused, both named', async () => {
    const image = float32([...row(1, 1), ...row(1, 1)], [1, 1, 2, 6])
    const error = await refusal(() => explainOne(rowsModel(2), image, asked, { labels: ['cat', 'dog'] }))
    expect(error.message).toMatch(/two ways: corners .* score in 4, class in 5; or .* score in 5, class in 4/)
    expect(error.hint).toContain('"decoding"')
  })
})

describe('neighbours that are read as before', () => {
  const told = (outputs: ModelSpec['outputs'], whole: readonly string[] = [], extra: ModelSpec['nodes'] = []) => {
    const types = Object.fromEntries(whole.map((name) => [name, 'int64' as const]))
    const nodes = [...Object.keys(outputs).map((name) => node(whole.includes(name) ? 'ArgMax' : 'Relu', ['x'], name)), ...extra]
    const model = buildModel({
      inputs: { x: ['N', 3, 64, 64] },
      outputs,
      outputTypes: types,
      nodes,
      weights: { k: { type: 'int64', dims: [1], data: BigInt64Array.of(5n) } },
    })
    return answerOf(readModel(model).graph, () => undefined, { labels: 6 })
  }

  test.each<[string, ModelSpec['outputs'], string[], ModelSpec['nodes']]>([
    ['a classifier of six', { y: ['N', 6] }, [], [node('TopK', ['x', 'k'], ['a', 'b'])]],
    ['an embedding beside scores', { y: ['N', 6], features: ['N', 128, 4] }, [], []],
    ['one box for each image and its class, by a batch', { box: ['N', 1, 4], y: ['N', 6] }, [], []],
  ])('%s', (_, outputs, whole, extra) => expect(told(outputs, whole, extra).detector?.family ?? '').not.toMatch(/finished/))

  test('boxes and scores without classes: refused, as nothing says what they are', () => {
    const model = buildModel({
      inputs: { x: [1, 3, 64, 64] },
      outputs: { boxes: [300, 4], scores: [300] },
      nodes: [node('Relu', ['x'], 'boxes'), node('Relu', ['x'], 'scores')],
    })
    const { by, refusal: unread } = answerOf(readModel(model).graph, () => undefined, { labels: 3 })
    expect([by, unread?.what]).toEqual(['ask', expect.stringMatching(/sorts or filters/)])
  })
})

test('where the box is drawn does not hang on how many there are', async () => {
  const why = await explainOne(
    modelOf('torchvision'),
    detectorPicture(['red', 'green']),
    { target: 'box:0' },
    { labels: ['none', ...labels] },
  )
  expect(why.details).toMatchObject({ boxes: [{ class: 'blue', box: [...things.blue.box] }] })
})
