/** @file Occlusion against golden drops of 26 networks, captum's map, numbers worked out by hand, and requests that make no sense. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { resolveOptions } from '../../src/method/options.ts'
import { occlusion } from '../../src/method/perturbation/occlusion.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { windowsAlong } from '../../src/method/perturbation/windows.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose, type Tolerance } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { listNets, loadNet } from '../support/golden-nets.ts'
import { imageAt } from '../support/net-targets.ts'
import { outcomesOf } from '../support/run-context.ts'
import { seedObjective } from '../support/seed-objective.ts'
import { describeShared, requireShared } from '../support/shared.ts'
import { headed, images } from '../support/small-nets.ts'

interface GoldenOcclusion {
  input_methods: { occlusion: { file: string; patch: number; stride: number; fill: number } }
  tolerance: Record<string, Tolerance>
}

describeShared('drops of the golden networks', 'golden/nets/index.json', () => {
  for (const { net } of listNets()) {
    test(net, async () => {
      const folder = requireShared('golden/nets', net)
      const info = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8')) as GoldenOcclusion
      const { file, patch, stride, fill } = info.input_methods.occlusion
      const expected = readTensorProto(readFileSync(`${folder}/${file}`)) // [N, rows, columns]
      const { model, inputs, features, targets } = loadNet(net)
      const target = targets[0]
      if (!target) throw new Error(`${net} has no target`)
      const outcomes = await outcomesOf(occlusion, {
        ...{ model, inputs, featureLayer: features.tensor, reductionLayer: target.output },
        objective: (n) => seedObjective(target.output, imageAt(target.seed, n)),
        options: { patchPixels: patch, stridePixels: stride, fill, border: 'inside', output: 'grid' },
      })
      expect(outcomes.map(({ height, width }) => [height, width])).toEqual(
        Array.from({ length: expected.dims[0] ?? 0 }, () => expected.dims.slice(1)),
      )
      const tolerance = info.tolerance[file.replace(/\.pb$/, '')] as Tolerance
      expectClose(Float32Array.from(outcomes.flatMap(({ data }) => Array.from(data))), expected.data as Float32Array, tolerance, net)
    })
  }
})

describeShared('captum', 'golden/peers/peers.json', () => {
  test('Occlusion, 3×16×16, stride 3, 8, 8, zero', async () => {
    const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
    const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as { target: number[] }
    const results = await explainAll(new Uint8Array(readFileSync(requireShared('golden/peers/model.onnx'))), tensor('input'), {
      ...{ method: 'occlusion', target: info.target, activation: 'none', normalize: 'none' },
      options: { patchPixels: 16, stridePixels: 8, fill: 'zero' },
    })
    const own = info.target.map((_, n) => Array.from(results[n]?.[n]?.map.data ?? []))
    const theirs = tensor('captum/Occlusion-3x16x16-stride-3-8-8-zero') // [2, 3, 64, 64], the same in every channel
    const expected = own.flatMap((_, n) => Array.from((imageAt(theirs, n).data as Float32Array).subarray(0, 64 * 64)))
    expectClose(Float32Array.from(own.flat()), Float32Array.from(expected), { atol: 1e-4, rtol: 1e-4 }, 'captum')
  })
})

describe('by hand', () => {
  // Gemm 3 → 4 of ones, bias −10, 1, 1, 1 → Relu → Gemm 4 → 2 of ones, bias −1, 1; the image is a row of three pixels
  const model = buildModel({
    inputs: { x: ['N', 1, 1, 3] },
    outputs: { y: ['N', 2] },
    weights: {
      w1: float32(new Float32Array(12).fill(1), [3, 4]),
      b1: float32([-10, 1, 1, 1], [4]),
      w2: float32(new Float32Array(8).fill(1), [4, 2]),
      b2: float32([-1, 1], [2]),
    },
    nodes: [
      node('Flatten', ['x'], 'flat'),
      node('Gemm', ['flat', 'w1', 'b1'], 'hidden'),
      node('Relu', ['hidden'], 'active'),
      node('Gemm', ['active', 'w2', 'b2'], 'y'),
    ],
  })
  const x = float32([20, 50, 30], [1, 1, 1, 3])
  const map = async (options: Record<string, number | string>): Promise<number[]> => {
    const explain = { featureLayer: 'x', target: 0, method: 'occlusion', activation: 'none', normalize: 'none' } as const
    const { map: grid } = await explainOne(model, x, { ...explain, options: { fill: 'zero', ...options } })
    return Array.from(grid.data)
  }

  test('one pixel at a time', async () => {
    expect(await map({ patchPixels: 1, stridePixels: 1 })).toEqual([80, 200, 120])
  })

  test('two pixels, stride 2: the last window is cut off at the border', async () => {
    expect(await map({ patchPixels: 2, stridePixels: 2 })).toEqual([280, 280, 120])
  })

  test('two pixels filled with 10: overlaps are averaged', async () => {
    expect(await map({ patchPixels: 2, stridePixels: 1, fill: 10 })).toEqual([200, 220, 240])
  })

  test('the mean of the channel covers by default', async () => {
    // the mean is 100/3: covering pixel i changes y by 4 (x_i − 100/3)
    const drops = await map({ patchPixels: 1, stridePixels: 1, fill: 'mean' })
    expectClose(drops, [-160 / 3, 200 / 3, -40 / 3], { atol: 1e-3, rtol: 0 })
  })

  test('only whole windows inside: pixels under none are 0, and a warning says so', async () => {
    const options = { patchPixels: 2, stridePixels: 2, border: 'inside', fill: 0 }
    const why = await explainOne(model, x, {
      featureLayer: 'x',
      target: 0,
      method: 'occlusion',
      activation: 'none',
      normalize: 'none',
      options,
    })
    expect(Array.from(why.map.data)).toEqual([280, 280, 0])
    expect(why.warnings.map(({ code }) => code)).toContain('occlusion-gaps')
  })
})

describe('windows along an axis', () => {
  const shown = (...given: Parameters<typeof windowsAlong>): string =>
    windowsAlong(...given)
      .map(({ start, end }) => `${start}-${end}`)
      .join(' ')

  test('cut off at the far border, inside, and centred', () => {
    expect(shown(10, 4, 3, 'clip')).toBe('0-4 3-7 6-10')
    expect(shown(10, 4, 4, 'clip')).toBe('0-4 4-8 8-10')
    expect(shown(10, 4, 4, 'inside')).toBe('0-4 4-8')
    expect(shown(10, 4, 4, 'centred')).toBe('0-2 2-6 6-10')
    expect(shown(10, 1, 8, 'clip')).toBe('0-1 8-9')
    expect(shown(3, 3, 1, 'clip')).toBe('0-3')
  })
})

describe('settings', () => {
  const model = buildModel(headed())
  const why = (options: Record<string, number | string>) => explainOne(model, images(1), { method: 'occlusion', target: 0, options })

  test('a grid of drops, one per window', async () => {
    const { raw, details } = await why({ patchPixels: 4, stridePixels: 2, output: 'grid' })
    expect([raw.height, raw.width]).toEqual([3, 3])
    expect(details).toMatchObject({ windows: 9, grid: [3, 3], measure: 'score' })
  })

  test('the probability may be measured: its drops lie between −1 and 1 and sum up to what the softmax says', async () => {
    const { details, score, scoreKind } = await why({ score: 'probability' })
    expect(scoreKind).toBe('probability')
    expect(details?.['score']).toBeCloseTo(score, 5)
  })

  test.each([
    ['a patch larger than the image', { patchPixels: 9 }, '`options.patchPixels` is 9'],
    ['no stride', { stride: 0 }, '`options.stride` is 0'],
    ['half a pixel', { stridePixels: 0.5 }, '`options.stridePixels` is 0.5'],
    ['black where black is not known', { fill: 'black' }, 'black is unknown'],
    ['an unknown fill', { fill: 'pink' }, '`options.fill` is "pink"'],
  ])('%s is refused', async (_, options, message) => {
    await expect(why(options)).rejects.toThrow(expect.objectContaining({ code: 'bad-option', message: expect.stringContaining(message) }))
  })

  test('windows without number are refused before they are listed', async () => {
    const image = { data: new Float32Array(), channels: 3, height: 4096, width: 4096 }
    const values = resolveOptions(occlusion, { patchPixels: 1, stridePixels: 1 })
    const context = { image } as RunContext
    await expect(occlusion.run(context, values)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringContaining('16777216 windows') }),
    )
  })
})
