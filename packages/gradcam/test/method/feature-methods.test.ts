/** @file Score-CAM, Ablation-CAM and Recipro-CAM against ../shared/golden, other libraries, and what must hold on a linear head. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { float32, sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose, pearson } from '../support/close.ts'
import { explainAll, explainOne, withNetwork } from '../support/explain.ts'
import { type LoadedNet, listNets, loadNet, type NetTarget } from '../support/golden-nets.ts'
import { describeShared, requireShared } from '../support/shared.ts'
import { headChannels, headClasses, headed, mirror, images } from '../support/small-nets.ts'

const exact = { atol: 1e-5, rtol: 1e-5 }
const bare = { upsample: 'none', normalize: 'none', activation: 'none' } as const
const model = buildModel(headed())

/** The class where the target is one for all images. */
function classOf({ index, seed, score }: NetTarget): number | undefined {
  const classes = typeof index === 'number' ? [index] : (index ?? [])
  const one = seed.dims.length === 2 && (typeof index === 'number' || index?.length === score.length) && new Set(classes).size === 1
  return one && toFloat32(seed).every((value) => value >= 0) ? classes[0] : undefined
}

describeShared('networks', 'golden/nets/index.json', () => {
  const nets = listNets().map(({ net }) => loadNet(net))
  const jobs = nets.flatMap((net) => net.targets.flatMap((target, t) => (classOf(target) === undefined ? [] : [{ net, target, t }])))
  const rows: [row: string, options: ExplainOptions][] = [
    ['ablationcam', { method: 'ablation-cam' }],
    ['scorecam', { method: 'score-cam' }],
    ['scorecam_ac', { method: 'score-cam', options: { corners: 'align' } }],
  ]
  test('most of the networks are among them', () => {
    expect(new Set(jobs.map(({ net }) => net.net)).size).toBeGreaterThanOrEqual(22)
  })
  for (const [row, options] of rows) {
    test.each(jobs.map(({ net, target, t }) => ({ title: `${net.net}, target ${t}`, net, target })))(`${row}: $title`, async (job) => {
      const { map, tolerance } = job.target.raw[row] ?? {}
      if (!map || !tolerance) throw new Error(`${row} is missing`)
      expectClose(await mapsOf(job.net, job.target, options), map.data as Float32Array, tolerance, row)
    })
  }
})

async function mapsOf(net: LoadedNet, target: NetTarget, options: ExplainOptions): Promise<Float32Array> {
  const [image = '', ...others] = Object.keys(net.inputs)
  const results = await explainAll(net.model, net.inputs[image] as Tensor, {
    ...{ upsample: 'none', normalize: 'none', activation: 'relu' },
    ...{ featureLayer: net.features.tensor, reductionLayer: target.output, target: classOf(target) as number },
    ...{ inputs: Object.fromEntries(others.map((name) => [name, net.inputs[name] as Tensor])) },
    ...options,
  })
  return Float32Array.from(results.flatMap(([only]) => Array.from((only as ExplanationData).map.data)))
}

describeShared('other libraries', 'golden/peers/peers.json', () => {
  const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as {
    target: number[]
    feature: string
    output: string
  }
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
  const pytorchGradCam = { activation: 'relu', upsample: 'bilinear', normalize: 'minmax' } as const
  const torchCam = { activation: 'relu', upsample: 'none' } as const
  test.each<[file: string, options: ExplainOptions]>([
    ['pgc/ScoreCAM', { method: 'score-cam', options: { corners: 'align' }, ...pytorchGradCam }],
    ['pgc/AblationCAM', { method: 'ablation-cam', ...pytorchGradCam }],
    ['torchcam/ScoreCAM', { method: 'score-cam', options: { scaled: 'features' }, ...torchCam, normalize: 'minmax' }],
    ['torchcam/ScoreCAM-raw', { method: 'score-cam', options: { scaled: 'features' }, ...torchCam, normalize: 'none' }],
  ])('%s', async (file, options) => {
    const expected = tensor(file)
    const results = await explainAll(new Uint8Array(readFileSync(requireShared('golden/peers/model.onnx'))), tensor('input'), {
      ...{ featureLayer: info.feature, reductionLayer: info.output, target: info.target },
      ...options,
    })
    const maps = Float32Array.from(results.flatMap((targets, n) => Array.from((targets[n] as ExplanationData).map.data)))
    expect(maps.length).toBe(sizeOf(expected.dims))
    expectClose(maps, toFloat32(expected), { atol: 1e-3, rtol: 0 }, file)
  })
})

describe('a linear head behind global average pooling', () => {
  const weights = toFloat32(headed().weights?.['fc'] as Tensor)
  const biases = toFloat32(headed().weights?.['fcb'] as Tensor)
  const x = images(1)
  const places = 16
  const target = 3
  const headModel = buildModel({ ...headed(), outputs: { features: ['N', headChannels, 4, 4], logits: ['N', headClasses] } })

  const features = async (): Promise<Float32Array> => {
    const whole = await explainAll(headModel, x, { ...bare, method: 'recipro-cam', target })
    expect(whole.length).toBe(1)
    const { runtime } = await import('../support/explain.ts')
    const session = await runtime.open({ bytes: headModel, external: [] })
    const run = await session.run({ x })
    await session.release()
    return toFloat32(run['features'] as Tensor)
  }
  const weight = (k: number): number => weights[target * headChannels + k] as number

  test('Ablation-CAM: w_k mean(A_k) / y', async () => {
    const a = await features()
    const why = await explainOne(model, x, { ...bare, method: 'ablation-cam', target })
    const expected = new Float64Array(places)
    for (let k = 0; k < headChannels; k++) {
      const channel = a.subarray(k * places, (k + 1) * places)
      const mean = channel.reduce((sum, value) => sum + value, 0) / places
      channel.forEach((value, i) => (expected[i] = (expected[i] as number) + (weight(k) * mean * value) / why.logit))
    }
    expectClose(why.raw.data, expected, exact)
    expect(why.warnings).toEqual([])
  })

  test.each([
    ['none', (): number => 1],
    ['gaussian', (rows: number, columns: number): number => (2 - rows) * (2 - columns) * 0.0625],
  ] as const)('Recipro-CAM, neighbourhood %s: w·A at each place over their number, and the bias', async (neighbourhood, share) => {
    const a = await features()
    const why = await explainOne(model, x, { ...bare, method: 'recipro-cam', options: { neighbourhood }, target })
    const reach = neighbourhood === 'none' ? 0 : 1
    const expected = Float64Array.from({ length: places }, (_, i) => {
      let sum = biases[target] as number
      for (let k = 0; k < headChannels; k++)
        for (let j = 0; j < places; j++) {
          const [rows, columns] = [Math.abs((i >> 2) - (j >> 2)), Math.abs((i & 3) - (j & 3))]
          if (rows <= reach && columns <= reach) sum += (weight(k) * (a[k * places + j] as number) * share(rows, columns)) / places
        }
      return sum
    })
    expectClose(why.raw.data, expected, exact)
  })

  test('Score-CAM of some channels: those of largest variance, weights that sum to 1', async () => {
    const a = await features()
    const variance = (k: number): number => {
      const channel = Array.from(a.subarray(k * places, (k + 1) * places))
      const mean = channel.reduce((sum, value) => sum + value, 0) / places
      return channel.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    }
    const [widest = 0] = [...Array(headChannels).keys()].sort((p, q) => variance(q) - variance(p))
    const one = await explainOne(model, x, { ...bare, method: 'score-cam', options: { channelCount: 1 }, target })
    expectClose(one.raw.data, a.subarray(widest * places, (widest + 1) * places), exact)
    const all = await explainOne(model, x, { ...bare, method: 'score-cam', target })
    const more = await explainOne(model, x, { ...bare, method: 'score-cam', options: { channelCount: 99 }, target })
    expectClose(more.raw.data, all.raw.data, { atol: 0, rtol: 0 })
  })
})

describe('manners', () => {
  const methods = ['score-cam', 'ablation-cam', 'recipro-cam']

  test.each(methods)('%s: a batch equals its singles, and every batch size gives the same', async (method) => {
    const batch = images(3)
    const size = sizeOf(batch.dims.slice(1))
    const together = await explainAll(model, batch, { ...bare, method })
    // a model whose batch is fixed runs its items one by one
    const fixed = buildModel({ ...headed(), inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, headClasses] } })
    for (let n = 0; n < 3; n++) {
      const alone = float32((batch.data as Float32Array).slice(n * size, (n + 1) * size), [1, ...batch.dims.slice(1)])
      const expected = together[n]?.[0] as ExplanationData
      expectClose((await explainOne(model, alone, { ...bare, method })).raw.data, expected.raw.data, exact)
      expectClose((await explainOne(fixed, alone, { ...bare, method })).raw.data, expected.raw.data, exact)
    }
    expect(new Set(together.map(([why]) => why?.raw.data.join())).size).toBe(3)
  })

  test.each([
    ['score-cam', headChannels],
    ['ablation-cam', headChannels],
    ['recipro-cam', 16],
  ])('%s tells how far it has come, and stops when told', async (method, total) => {
    const fixed = buildModel({ ...headed(), inputs: { x: [1, 3, 8, 8] }, outputs: { prob: [1, headClasses] } })
    const seen: number[] = []
    await explainOne(fixed, images(1), { method, progress: (done, of) => seen.push(done / of) })
    expect(seen).toEqual(Array.from({ length: total }, (_, i) => (i + 1) / total))
    const control = new AbortController()
    let last = 0
    await withNetwork(fixed, async (network) => {
      const given = { tensor: images(1), region: undefined, photo: undefined }
      const progress = (done: number): void => {
        last = done
        if (done === 2) control.abort()
      }
      await expect(network.explain(given, { method, signal: control.signal, progress })).rejects.toMatchObject({ code: 'cancelled' })
      expect(last).toBe(2)
      const [again] = await network.explain(given, { method })
      expect(again?.length).toBe(1)
    })
  })

  test('a channel that is the same everywhere makes a mask of zeros, however its resizing rounds', async () => {
    // features: a constant, and the image averaged in blocks of 10×10; the score is the sum of the second
    const net = (constant: number): Uint8Array =>
      buildModel({
        inputs: { x: [1, 1, 50, 50] },
        outputs: { scores: [1, 2] },
        weights: { pick: float32([0, 1], [2, 1, 1, 1]), bias: float32([constant, 0], [2]), w: float32([0, 0, 25, -25], [2, 2]) },
        nodes: [
          node('AveragePool', ['x'], 'blocks', { kernel_shape: [10, 10], strides: [10, 10] }),
          node('Conv', ['blocks', 'pick', 'bias'], 'features'),
          node('GlobalAveragePool', ['features'], 'pooled'),
          node('Flatten', ['pooled'], 'flat'),
          node('MatMul', ['flat', 'w'], 'scores'),
        ],
      })
    const x = float32(
      Array.from({ length: 2500 }, (_, i) => (i % 50) / 50),
      [1, 1, 50, 50],
    )
    const options = { ...bare, method: 'score-cam', featureLayer: 'features', target: 0 }
    const [zero, constant] = [await explainOne(net(0), x, options), await explainOne(net(0.3), x, options)]
    // blocks of the last column average 0.89; the weights of both channels sum to 1
    const weight = (zero.raw.data[4] as number) / 0.89
    expect(weight).toBeGreaterThan(0.5)
    expectClose(
      constant.raw.data,
      zero.raw.data.map((value) => value + 0.3 * (1 - weight)),
      exact,
    )
  })

  test('a score of zero: the map is not divided by it, and a warning says so', async () => {
    // x → itself and its negative → their means, which cancel
    const spec = mirror(2, 2)
    const zero = buildModel({
      ...spec,
      weights: { w: float32([4, 1, 4, 1], [2, 2]), signs: float32([1, -1], [2, 1, 1, 1]) },
      nodes: [
        node('Conv', ['x', 'signs'], 'both'),
        ...spec.nodes.map((each) => (each.inputs[0] === 'x' ? { ...each, inputs: ['both'] } : each)),
      ],
    })
    const x = float32([1, 2, 3, 4], [1, 1, 2, 2])
    const why = await explainOne(zero, x, { ...bare, method: 'ablation-cam', featureLayer: 'both', target: 0 })
    // y_0 = −10, y_1 = 10: Σ (0 − y_k) A_k = 10·x − 10·(−x)
    expectClose(why.raw.data, [20, 40, 60, 80], exact)
    expect(why.warnings.map(({ code }) => code)).toContain('score-zero')
  })

  test('Recipro-CAM at the image of a network that takes the mean is the image', async () => {
    const spec = mirror(2, 3)
    const why = await explainOne(buildModel(spec), float32([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]), {
      ...bare,
      ...{ method: 'recipro-cam', featureLayer: 'x', target: 0 },
    })
    expect(Array.from(why.raw.data)).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describeShared('a network of 8-bit integers', 'models/mobilenet-v2-int8/onnx/model.onnx', () => {
  test('Recipro-CAM sees what the gradient of its float twin would: CAM over the number of places, and the bias', async () => {
    const { load } = await import('../../src/node/index.ts')
    const net = await load(requireShared('models/mobilenet-v2-int8'), { threads: 1 })
    const photo = requireShared('photos/golden-retriever.jpg')
    const recipro = await net.explain(photo, { method: 'recipro-cam' })
    const gradient = await net.explain(photo, { method: 'grad-cam' })
    await net.close()
    expect(recipro.label).toBe('golden retriever')
    expect(recipro.raw.data.length).toBe(gradient.raw.data.length)
    expect(pearson(recipro.raw.data, gradient.raw.data)).toBeGreaterThan(0.95)
  })
})
