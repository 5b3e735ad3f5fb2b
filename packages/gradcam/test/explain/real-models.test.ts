/** @file Real networks on real photos: what they see, and where, against the oracle's float64 maps (scripts/fixtures/oracle.py). */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { load, type Network, readImage } from '../../src/node/index.ts'
import { parsePreprocessing } from '../../src/model/preprocessing/sources.ts'
import { preprocess } from '../../src/image/preprocess.ts'
import { bicubic, minmax } from '../support/bicubic.ts'
import { expectClose, pearson, relativeError } from '../support/close.ts'
import { describeShared, requireShared, sharedPath } from '../support/shared.ts'

interface OracleCase {
  model: string
  photo: string
  feature: string
  reduction: string
  index: number
  logit: number
  /** Null where the outputs are no probabilities. */
  probability: number | null
  input: { shape: number[]; mean: number; rms: number }
  height: number
  width: number
  /** Signed, of the feature layer's size, row by row. */
  map: number[]
}

const repository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const cases = JSON.parse(readFileSync(new URL('../fixtures/oracle/cases.json', import.meta.url), 'utf8')) as OracleCase[]
const embedded = repository('packages/models/embedded')
const photoPath = ({ model, photo }: OracleCase): string =>
  model === 'embedded' ? repository(`examples/photos/${photo}`) : requireShared('photos', photo)

const opened = new Map<string, Promise<Network>>()
afterAll(async () => {
  for (const net of opened.values()) await (await net).close()
})

function network(folder: string): Promise<Network> {
  const net = opened.get(folder) ?? load(folder)
  opened.set(folder, net)
  return net
}

describe('the embedded network', () => againstOracle('embedded', embedded, 1e-4))

describeShared('GoogLeNet', 'models/googlenet/onnx/model.onnx', () => {
  againstOracle('googlenet', sharedPath('models/googlenet'), 1e-4)

  test('golden retriever, 0.98; features and logits found by themselves', async () => {
    const net = await network(sharedPath('models/googlenet'))
    const why = await net.explain(sharedPath('photos/golden-retriever.jpg'))
    expect(why.label).toBe('golden retriever')
    expect(Math.abs(why.score - 0.98)).toBeLessThanOrEqual(0.01)
    expect(why.scoreKind).toBe('probability')
    expect([why.featureLayer, why.reductionLayer]).toEqual(['inception_5b/output', 'loss3/classifier'])
    expect(why.warnings).toEqual([])
    const named = await net.explain(sharedPath('photos/golden-retriever.jpg'), { target: 'Golden Retriever' })
    expect(relativeError(named.map.data, why.map.data)).toBeLessThan(1e-6)
  })

  test.each([
    ['bear.jpg', 'brown bear'],
    ['elephant.jpg', 'tusker'],
    ['hot-dog.jpg', 'hotdog'],
    ['coffee.png', 'espresso'],
    ['cat-chelsea.png', 'Egyptian cat'],
    ['rocket.jpg', 'missile'],
    ['grace-hopper.png', 'military uniform'],
  ])('%s: %s', async (photo, label) => {
    const net = await network(sharedPath('models/googlenet'))
    const [best] = await net.predict(sharedPath('photos', photo))
    expect(best?.label.split(', ')).toContain(label)
  })

  test('hesitates over the dog and the cat', async () => {
    const net = await network(sharedPath('models/googlenet'))
    const top = await net.predict(sharedPath('photos/dog-and-cat.png'), { top: 3 })
    expect(new Set(top.map(({ label }) => label.split(',')[0]))).toEqual(new Set(['bull mastiff', 'tabby', 'tiger cat']))
    expect(top.every(({ score }) => score < 0.25)).toBe(true)
  })

  test('points at the dog for the best dog, at the cat for the best cat', async () => {
    const net = await network(sharedPath('models/googlenet'))
    const photo = sharedPath('photos/dog-and-cat-boxes.jpg')
    const all = await net.predict(photo, { top: 1000 })
    // ImageNet: 151 … 268 are breeds of dog, 281 … 285 are domestic cats; boxes as published with the photo
    const kinds = [
      { first: 151, last: 268, box: [60, 45, 378, 516] },
      { first: 281, last: 285, box: [400, 112, 655, 493] },
    ] as const
    for (const { first, last, box } of kinds) {
      const target = all.find(({ index }) => index >= first && index <= last)?.index ?? -1
      const { map, photo: seen } = (await net.explain(photo, { target })).toJSON()
      const x = ((map.peak.x + 0.5) / map.width) * (seen?.width ?? 0)
      const y = ((map.peak.y + 0.5) / map.height) * (seen?.height ?? 0)
      expect(x > box[0] && x < box[2] && y > box[1] && y < box[3], `peak of class ${target} at ${x}, ${y}`).toBe(true)
    }
  })
})

describeShared('SqueezeNet in float16', 'models/squeezenet-fp16/onnx/model.onnx', () => {
  // the oracle computes in float64 what the network computes in 16 bits
  againstOracle('squeezenet-fp16', sharedPath('models/squeezenet-fp16'), 1e-2)

  test('golden retriever, 0.99; the last Relu, the input of the softmax', async () => {
    const net = await network(sharedPath('models/squeezenet-fp16'))
    const why = await net.explain(sharedPath('photos/golden-retriever.jpg'))
    expect([why.label, why.featureLayer, why.reductionLayer]).toEqual(['golden retriever', 'conv10_2', 'pool10_1'])
    expect(Math.abs(why.score - 0.99)).toBeLessThanOrEqual(0.01)
  })
})

describeShared('MobileNetV2 in int8', 'models/mobilenet-v2-int8/onnx/model.onnx', () => {
  // single values fall on the other side of a quantisation step: 3 % of the largest value here, in no place more
  againstOracle('mobilenet-v2-int8', sharedPath('models/mobilenet-v2-int8'), 5e-2)

  test('golden retriever, 0.91; the last ReLU6, the logits before they are quantised', async () => {
    const net = await network(sharedPath('models/mobilenet-v2-int8'))
    const [best] = await net.predict(sharedPath('photos/golden-retriever.jpg'))
    expect(best?.label).toBe('golden retriever')
    expect(Math.abs((best?.score ?? 0) - 0.91)).toBeLessThanOrEqual(0.02)
    const { feature, reduction } = await net.layers()
    const truth = cases.find(({ model }) => model === 'mobilenet-v2-int8')
    expect([feature.name, reduction.name]).toEqual([truth?.feature, 'Add__110:0'])
  })

  test('its map correlates with the straight-through gradient of the oracle', async () => {
    const truth = cases.find(({ model }) => model === 'mobilenet-v2-int8')
    if (!truth) throw new Error('no case')
    const why = await (await network(sharedPath('models/mobilenet-v2-int8'))).explain(photoPath(truth), { target: truth.index })
    expect(pearson(why.raw.data, truth.map)).toBeGreaterThan(0.99)
  })
})

describe.each(['segmentation-pan', 'headpose-fsanet', 'detection-fastestdet'])('outputs that are no classes: %s', (model) => {
  describeShared(model, `models/${model}/onnx/model.onnx`, () => {
    againstOracle(model, sharedPath('models', model), 1e-3)

    test('chooses the layers that the oracle was asked for', async () => {
      const { feature, reduction } = await (await network(sharedPath('models', model))).layers()
      const truth = cases.find((each) => each.model === model)
      expect([feature.name, reduction.name]).toEqual([truth?.feature, truth?.reduction])
    })
  })
})

/** Raw map relative to its largest value, finished map absolutely, scores absolutely: all within the tolerance. */
function againstOracle(model: string, folder: string, tolerance: number): void {
  for (const truth of cases.filter((each) => each.model === model)) {
    test(`${truth.photo}: class ${truth.index} of ${truth.reduction} at ${truth.feature}`, () => isTrue(truth, folder, tolerance))
  }
}

async function isTrue(truth: OracleCase, folder: string, tolerance: number): Promise<void> {
  await sameInput(truth, folder)
  const net = await network(folder)
  const why = await net.explain(photoPath(truth), { featureLayer: truth.feature, reductionLayer: truth.reduction, target: truth.index })
  if (truth.probability !== null) expect(Math.abs(why.score - truth.probability)).toBeLessThan(tolerance)
  expect(Math.abs(why.logit - truth.logit)).toBeLessThan(tolerance * Math.max(1, Math.abs(truth.logit)))
  expect([why.raw.height, why.raw.width]).toEqual([truth.height, truth.width])
  expect(relativeError(why.raw.data, truth.map)).toBeLessThan(tolerance)
  const positive = truth.map.map((value) => Math.max(value, 0))
  expectClose(why.map.data, minmax(bicubic(positive, truth, why.map)), { atol: tolerance, rtol: 0 }, 'map')
}

/** A change of preprocessing must show as such, not as a wrong map. */
async function sameInput(truth: OracleCase, folder: string): Promise<void> {
  const spec = parsePreprocessing(JSON.parse(readFileSync(`${folder}/preprocessor_config.json`, 'utf8')))
  const [, ...sizes] = truth.input.shape
  const layout = sizes[0] === 3 ? 'nchw' : 'nhwc'
  const [height = 0, width = 0] = layout === 'nchw' ? sizes.slice(1) : sizes
  const { tensor } = preprocess(await readImage(photoPath(truth)), spec, { layout, channels: 3, height, width, type: 'float32' })
  const data = tensor.data as Float32Array
  const total = data.reduce((sum, value) => sum + value, 0)
  const squares = data.reduce((sum, value) => sum + value * value, 0)
  const hint = 'run scripts/fixtures/oracle.py again if the preprocessing was meant to change'
  expect(Math.abs(total / data.length - truth.input.mean), hint).toBeLessThan(1e-4 * truth.input.rms)
  expect(Math.abs(Math.sqrt(squares / data.length) - truth.input.rms), hint).toBeLessThan(1e-4 * truth.input.rms)
}
