/** @file RISE against a naive sum over drawn masks, its expectation on a network that is linear in the pixels, and itself in other batches. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { randomOf } from '../../src/core/random.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { headed, images } from '../support/small-nets.ts'

const post = { activation: 'none', normalize: 'none' } as const
type Options = Record<string, number | string>
const [height, width, cells, keep] = [6, 9, 2, 0.4]
const [cellHeight, cellWidth] = [3, 5]

/** y = Σ a x + 2. */
const linear: ModelSpec = {
  inputs: { x: ['N', 1, height, width] },
  outputs: { y: ['N', 2] },
  weights: { w: numbers(4, [height * width, 2], -1, 1), b: float32([2, 0], [2]) },
  nodes: [node('Flatten', ['x'], 'flat'), node('Gemm', ['flat', 'w', 'b'], 'y')],
}
const x = numbers(8, [1, 1, height, width], 0, 2)
const slopes = Float64Array.from({ length: height * width }, (_, i) => Number(linear.weights?.['w']?.data[2 * i]) * Number(x.data[i]))

const explained = (options: Options, more: object = {}): Promise<ExplanationData> =>
  explainOne(buildModel(linear), x, {
    featureLayer: 'x',
    method: 'rise',
    target: 0,
    ...post,
    options: { cells, keep, ...options },
    ...more,
  })

/** What cell `cell` adds to place `place` of an axis upsampled to (cells + 1) · size: half-pixel centres, the border repeated. */
function bilinear(place: number, size: number, cell: number): number {
  const at = Math.min(Math.max(((place + 0.5) * cells) / ((cells + 1) * size) - 0.5, 0), cells - 1)
  return Math.max(0, 1 - Math.abs(at - cell))
}

test('the sum over masks, drawn one by one', async () => {
  const samples = 50
  const expected = new Float64Array(height * width)
  for (let item = 0; item < samples; item++) {
    const random = randomOf(1, item)
    const open = Array.from({ length: cells * cells }, () => (random.uniform() < keep ? 1 : 0))
    const [down, right] = [random.below(cellHeight), random.below(cellWidth)]
    const mask = Float64Array.from({ length: height * width }, (_, i) => {
      const [row, column] = [Math.floor(i / width) + down, (i % width) + right]
      return open.reduce<number>(
        (sum, on, k) => sum + on * bilinear(row, cellHeight, Math.floor(k / cells)) * bilinear(column, cellWidth, k % cells),
        0,
      )
    })
    const y = 2 + mask.reduce((sum, value, i) => sum + value * (slopes[i] as number), 0)
    mask.forEach((value, i) => (expected[i] = (expected[i] as number) + (y * value) / (samples * keep)))
  }
  const { raw, details } = await explained({ samples })
  expectClose(raw.data, expected, { atol: 1e-5, rtol: 1e-5 })
  expect(details).toMatchObject({ samples, measure: 'score' })
})

test('on a linear network it converges to its expectation', async () => {
  // E[y M_j]/p with E[M] = p and Cov(M_i, M_j) = p(1 − p) Σ_cells b_i b_j, on average over all shifts
  const along = (size: number, length: number): ((i: number, j: number) => number) => {
    const table = Array.from({ length: length * length }, (_, k) => {
      let sum = 0
      for (let shift = 0; shift < size; shift++)
        for (let cell = 0; cell < cells; cell++)
          sum += bilinear(Math.floor(k / length) + shift, size, cell) * bilinear((k % length) + shift, size, cell)
      return sum / size
    })
    return (i, j) => table[i * length + j] as number
  }
  const [rows, columns] = [along(cellHeight, height), along(cellWidth, width)]
  const expected = Float64Array.from(slopes, (_, j) =>
    slopes.reduce((sum, slope, i) => {
      const covariance = rows(Math.floor(i / width), Math.floor(j / width)) * columns(i % width, j % width)
      return sum + slope * (keep + (1 - keep) * covariance)
    }, 2),
  )
  const { raw, details } = await explained({ samples: 20_000 })
  const range = Math.max(...expected) - Math.min(...expected)
  const error = Math.sqrt(expected.reduce((sum, value, i) => sum + (value - (raw.data[i] as number)) ** 2, 0) / expected.length) / range
  expect(error).toBeLessThan(0.05)
  expect(error).toBeLessThan(4 * Number(details?.['error']))
})

test('what is covered may be filled with a number: nothing changes where the image is that number', async () => {
  const flat = float32(new Float32Array(height * width).fill(3), [1, 1, height, width])
  const why = await explainOne(buildModel(linear), flat, {
    ...{ featureLayer: 'x', method: 'rise', target: 0, ...post },
    options: { cells, keep, samples: 400, fill: 3 },
  })
  // y is the same for every mask: the map is y times the mean mask over p
  const mean = why.raw.data.reduce((a, b) => a + b, 0) / why.raw.data.length
  expect(Math.abs(mean / why.logit - 1)).toBeLessThan(0.15)
})

describe('a network with a softmax', () => {
  const free = buildModel(headed())
  const run = (model: Uint8Array, options: Options, more: object = {}): Promise<ExplanationData> =>
    explainOne(model, images(1), { method: 'rise', target: 1, ...post, options: { samples: 100, ...options }, ...more })

  test('its probability is measured, unless the logit is asked for', async () => {
    const [own, probability, logit] = [await run(free, {}), await run(free, { score: 'probability' }), await run(free, { score: 'logit' })]
    expect(own.details?.['measure']).toBe('softmax')
    expect(own.raw).toEqual(probability.raw)
    expect(own.raw.data.every((value) => value >= 0 && value <= 2)).toBe(true)
    expect(logit.details?.['measure']).toBe('score')
    expect(logit.raw.data).not.toEqual(own.raw.data)
  })

  test('without one in the model, labels imply it', async () => {
    const spec = headed()
    const bare = buildModel({ ...spec, outputs: { logits: ['N', 5] }, nodes: spec.nodes.slice(0, -1) })
    const labels = ['a', 'b', 'c', 'd', 'e']
    const options = { method: 'rise', target: 1, ...post, options: { samples: 100 } }
    const implied = await explainOne(bare, images(1), options, { labels, singleLabel: true })
    expectClose(implied.raw.data, (await run(free, {})).raw.data, { atol: 1e-6, rtol: 1e-5 })
    expect((await run(bare, {})).details?.['measure']).toBe('score')
    await expect(run(bare, { score: 'probability' })).rejects.toThrow(/has no probability/)
  })

  test('the same for a seed, another one for another seed', async () => {
    const one = await run(free, {})
    expect((await run(free, {})).raw).toEqual(one.raw)
    expect((await run(free, {}, { seed: 9 })).raw.data).not.toEqual(one.raw.data)
  })

  test('batches of one, three and as many as fit give the same map and stop at the same mask, as does that many masks', async () => {
    const whole = await run(free, { samples: 2000, tolerance: 0.15 })
    const used = Number(whole.details?.['samples'])
    expect(whole.details?.['converged']).toBe(true)
    expect(used).toBeLessThan(2000)
    expect(used % 200).toBe(0)
    expect((await run(free, { samples: used })).raw).toEqual(whole.raw)
    for (const batch of [1, 3]) {
      const fixed = buildModel({ ...headed(), inputs: { x: [batch, 3, 8, 8] }, outputs: { prob: [batch, 5] } })
      const part = await run(fixed, { samples: 2000, tolerance: 0.15 })
      expectClose(part.raw.data, whole.raw.data, { atol: 1e-6, rtol: 1e-5 })
      expect(part.details?.['samples']).toBe(used)
    }
  })

  test('a tolerance that is not met is said', async () => {
    const { warnings, details } = await run(free, { samples: 200, tolerance: 0.0001 })
    expect(warnings.map(({ code }) => code)).toContain('not-converged')
    expect(details?.['converged']).toBe(false)
  })

  test('progress is told, and an aborted run ends', async () => {
    const told: number[] = []
    await run(free, { samples: 70 }, { progress: (done: number, total: number) => told.push(done / total) })
    expect(told.at(-1)).toBe(1)
    const aborting = new AbortController()
    const progress = (): void => aborting.abort()
    await expect(run(free, { samples: 4000 }, { signal: aborting.signal, progress })).rejects.toMatchObject({ code: 'cancelled' })
  })

  test.each([
    ['more cells than pixels', { cells: 9 }],
    ['no masks', { samples: 0 }],
    ['nothing kept', { keep: 0 }],
  ])('%s: refused', async (_, options) => {
    await expect(run(free, options)).rejects.toThrow(expect.objectContaining({ code: 'bad-option' }))
  })
})
