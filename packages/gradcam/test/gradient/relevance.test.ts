/** @file Layer-wise relevance propagation: each rule against plain loops, and what is refused. */
import { describe, expect, test } from 'vitest'
import { GradcamError } from '../../src/core/errors.ts'
import { gradient } from '../../src/gradient/gradient.ts'
import { lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus, plain, ruleTables } from '../../src/gradient/tables.ts'
import type { RuleTable } from '../../src/gradient/walk.ts'
import { readModel } from '../../src/graph/model.ts'
import { castFloat32, float32, sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, type NodeSpec, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import {
  affine,
  convolution,
  dense,
  globalAverage,
  type Layer,
  type NaiveRule,
  naiveEpsilon,
  naiveGamma,
  naivePaperGamma,
  naiveZPlus,
  pooledMaximum,
  run,
  type Sliding,
} from '../support/naive-relevance.ts'
import { refusal } from '../support/refusal.ts'
import { relevance, runtime, total, wide } from '../support/relevance-of.ts'

const relu = (values: Float64Array): Float64Array => values.map((value) => Math.max(value, 0))

const [epsilon, gamma] = [0.05, 0.4]
const [byEpsilon, byGamma, byZPlus] = [naiveEpsilon(epsilon), naiveGamma(gamma, epsilon), naiveZPlus(epsilon)]

/** Tables, and the rules that they stand for in convolutions and in dense layers. */
const tables: [name: keyof typeof ruleTables, table: RuleTable, convolution: NaiveRule, dense: NaiveRule][] = [
  ['lrp-epsilon', lrpEpsilon({ epsilon }), byEpsilon, byEpsilon],
  ['lrp-gamma', lrpGamma({ epsilon, gamma }), byGamma, byGamma],
  ['lrp-z-plus', lrpZPlus({ epsilon }), byZPlus, byZPlus],
  ['lrp-epsilon-plus', lrpEpsilonPlus({ epsilon }), byZPlus, byEpsilon],
  ['lrp-epsilon-gamma', lrpEpsilonGamma({ epsilon, gamma }), byGamma, byEpsilon],
]

interface Shape extends Sliding {
  bias: boolean
  /** Size of the convolution's output, of which a 2×2 pool with stride 2 is taken. */
  pooled: number
}

const simple: Sliding = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 }
const shapes: [string, Shape][] = [
  ['without bias', { ...simple, bias: false, pooled: 6 * 3 * 3 }],
  ['with bias', { ...simple, bias: true, pooled: 6 * 3 * 3 }],
  ['groups', { ...simple, group: 2, bias: true, pooled: 6 * 3 * 3 }],
  ['strides, pads', { ...simple, strides: [2, 1], pads: [1, 0, 0, 2], bias: true, pooled: 6 * 2 * 4 }],
  ['strides, groups, dilations', { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 1], group: 2, bias: false, pooled: 6 * 1 * 2 }],
]

/** x [2, 4, 8, 8] → Conv → Relu → MaxPool → Flatten → Gemm [2, 3] */
function small({ bias, pooled, ...sliding }: Shape) {
  const weights = {
    w: numbers(1, [6, 4 / sliding.group, 3, 3]),
    fc: numbers(2, [3, pooled]),
    ...(bias ? { b: numbers(3, [6]), fcb: numbers(4, [3]) } : {}),
  }
  const attributes = { strides: sliding.strides, pads: sliding.pads, dilations: sliding.dilations, group: sliding.group }
  const spec: ModelSpec = {
    inputs: { x: [2, 4, 8, 8] },
    outputs: { y: [2, 3] },
    weights,
    nodes: [
      node('Conv', ['x', 'w', ...(bias ? ['b'] : [])], 'conv', attributes),
      node('Relu', ['conv'], 'relu'),
      node('MaxPool', ['relu'], 'pool', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['pool'], 'flat'),
      node('Gemm', ['flat', 'fc', ...(bias ? ['fcb'] : [])], 'y', { transB: 1 }),
    ],
  }
  const first = convolution([2, 4, 8, 8], weights.w, weights.b, sliding)
  return { spec, weights, first, second: dense(2, weights.fc, weights.fcb) }
}

/** The score of class 0 of the first image and of class 2 of the second, elsewhere 0. */
const scoresOf = (y: ArrayLike<number>): Tensor => float32([y[0] ?? 0, 0, 0, 0, 0, y[5] ?? 0], [2, 3])

describe('a small network', () => {
  const x = numbers(5, [2, 4, 8, 8])

  const through = (first: Layer, second: Layer, images: Float64Array) => {
    const activations = relu(run(first, images))
    const pool = pooledMaximum(first.dims as [number, number, number, number], activations)
    return { pool, y: run(second, pool.values) }
  }

  describe.each(tables)('by %s', (_, rules, inConvolution, inDense) => {
    test.each(shapes)('%s', async (_, shape) => {
      const { spec, weights, first, second } = small(shape)
      const { pool, y } = through(first, second, wide(x))
      const seed = scoresOf(y)
      const after = inDense(second, pool.values, wide(seed))
      const before = inConvolution(first, wide(x), pool.relevance(after.inputs))
      const biases = shape.bias ? ['b', 'fcb'] : []
      const actual = await relevance(spec, { x }, 'y', seed, ['x', ...biases], rules)
      const close = (name: string, expected: Float64Array): void => {
        const largest = Math.max(...expected.map(Math.abs))
        expect(largest).toBeGreaterThan(0.01)
        expectClose(wide(actual[name]), expected, { atol: 2e-5 * largest, rtol: 1e-4 }, name)
      }
      close('x', before.inputs)
      if (!shape.bias) return
      const places = sizeOf(first.dims.slice(2))
      close(
        'b',
        new Float64Array(6).map((_, k) => total(before.bias.filter((_, i) => Math.floor(i / places) % 6 === k))),
      )
      close(
        'fcb',
        new Float64Array(sizeOf((weights.fcb as Tensor).dims)).map((_, k) => total(after.bias.filter((_, i) => i % 3 === k))),
      )
    })
  })

  test('with γ = 0 the γ rule is the ε rule', async () => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const seed = scoresOf(through(first, second, wide(x)).y)
    const [a, b] = [lrpGamma({ gamma: 0, epsilon }), lrpEpsilon({ epsilon })].map(async (rules) =>
      relevance(spec, { x }, 'y', seed, ['x'], rules),
    )
    expectClose(wide((await a)?.x), wide((await b)?.x), { atol: 1e-5, rtol: 1e-4 })
  })

  test('on ReLU networks LRP-ε is input × gradient as ε → 0', async () => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const of = [{ tensor: 'y', index: [1, 2] }]
    const request = { of, wrt: ['x'], inputs: { x } }
    const model = readModel(buildModel(spec))
    const slope = wide((await gradient(model, runtime, request)).x)
    const expected = slope.map((value, i) => value * Number(x.data[i]))
    const { y } = through(first, second, wide(x))
    const shares = wide((await gradient(model, runtime, { ...request, rules: lrpEpsilon({ epsilon: 1e-7 }) })).x)
    expectClose(
      shares.map((share) => share * (y[5] ?? 0)),
      expected,
      { atol: 1e-4 * Math.max(...expected.map(Math.abs)), rtol: 1e-3 },
    )
  })

  test('half precision is computed in float32', async () => {
    const { spec } = small({ ...simple, bias: true, pooled: 54 })
    const halves = (tensor: Tensor): Tensor => castFloat32(toFloat32(tensor), 'float16', tensor.dims)
    const half = {
      ...spec,
      type: 'float16' as const,
      weights: Object.fromEntries(Object.entries(spec.weights ?? {}).map(([name, tensor]) => [name, halves(tensor)])),
    }
    const seed = float32([1, 0, 0, 0, 0, 1], [2, 3])
    const whole = wide((await relevance(spec, { x }, 'y', seed, ['x'], lrpGamma({ epsilon: 0.01 }))).x)
    const rough = wide((await relevance(half, { x: halves(x) }, 'y', halves(seed), ['x'], lrpGamma({ epsilon: 0.01 }))).x)
    expectClose(rough, whole, { atol: 1e-2 * Math.max(...whole.map(Math.abs)), rtol: 1e-2 })
  })

  test('where inputs and scores are positive the γ rule is that of the paper: W + γW⁺', async () => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const positive = numbers(6, [2, 4, 8, 8], 0, 1)
    const { pool, y } = through(first, second, wide(positive))
    const [best] = [0, 1, 2].filter((k) => (y[k] ?? 0) > 0) as [number]
    const seed = float32(
      Array.from(y, (score, k) => (k === best ? score : 0)),
      [2, 3],
    )
    const rule = naivePaperGamma(gamma, epsilon)
    const expected = rule(first, wide(positive), pool.relevance(rule(second, pool.values, wide(seed)).inputs)).inputs
    const actual = await relevance(spec, { x: positive }, 'y', seed, ['x'], lrpGamma({ epsilon, gamma }))
    expectClose(wide(actual.x), expected, { atol: 2e-5 * Math.max(...expected.map(Math.abs)), rtol: 1e-4 })
  })

  test.each(tables.map(([name]) => name))('%s conserves the score where there is no bias', async (name) => {
    const { spec, first, second } = small({ ...simple, bias: false, pooled: 54 })
    // of both signs, but in float32 z must not come near 0: the z⁺ rule keeps it away
    const seed = scoresOf(through(first, second, wide(x)).y)
    const result = wide((await relevance(spec, { x }, 'y', seed, ['x'], ruleTables[name])).x)
    expect(total(result)).toBeCloseTo(total(wide(seed)), 3)
  })

  test('what biases take and what pixels take is the score together', async () => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const seed = scoresOf(through(first, second, wide(x)).y)
    const parts = await relevance(spec, { x }, 'y', seed, ['x', 'b', 'fcb'], lrpEpsilon())
    expect(total(Object.values(parts).map((part) => total(wide(part))))).toBeCloseTo(total(wide(seed)), 3)
    expect(Math.abs(total(wide(parts.b)))).toBeGreaterThan(0.1)
  })

  test.each(['lrp-z-plus', 'lrp-epsilon-plus'] as const)('%s: sign of relevance', async (name) => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const positive = numbers(6, [2, 4, 8, 8], 0, 1)
    const seed = float32(Array.from(wide(scoresOf(through(first, second, wide(positive)).y)), Math.abs), [2, 3])
    const result = wide((await relevance(spec, { x: positive }, 'y', seed, ['x'], ruleTables[name])).x)
    const least = Math.min(...result)
    if (name === 'lrp-z-plus') expect(least).toBe(0)
    else expect(least).toBeLessThan(0)
    expect(Math.max(...result)).toBeGreaterThan(0)
  })

  test('an index as seed gives shares of the score', async () => {
    const { spec, first, second } = small({ ...simple, bias: true, pooled: 54 })
    const { y } = through(first, second, wide(x))
    const of = [{ tensor: 'y', index: [0, 1] }]
    const shares = await gradient(readModel(buildModel(spec)), runtime, { of, wrt: ['x'], inputs: { x }, rules: lrpEpsilon() })
    const seed = float32([0, y[1] ?? 0, 0, 0, 0, 0], [2, 3])
    const scores = await relevance(spec, { x }, 'y', seed, ['x'], lrpEpsilon())
    expectClose(
      wide(shares.x).map((share) => share * (y[1] ?? 0)),
      wide(scores.x),
      { atol: 1e-4, rtol: 1e-4 },
    )
  })
})

describe('a layer alone, inputs and outputs of both signs', () => {
  test.each(tables)('%s', async (_, rules, inConvolution, inDense) => {
    const weights = { w: numbers(41, [4, 3, 3, 3]), b: numbers(42, [4]), fc: numbers(43, [5, 6]), fcb: numbers(44, [5]) }
    const conv: ModelSpec = {
      inputs: { x: [1, 3, 6, 6] },
      outputs: { y: [1, 4, 4, 4] },
      weights: { w: weights.w, b: weights.b },
      nodes: [node('Conv', ['x', 'w', 'b'], 'y')],
    }
    const gemm: ModelSpec = {
      inputs: { x: [2, 6] },
      outputs: { y: [2, 5] },
      weights: { fc: weights.fc, fcb: weights.fcb },
      nodes: [node('Gemm', ['x', 'fc', 'fcb'], 'y', { transB: 1 })],
    }
    for (const [spec, layer, rule, dims] of [
      [conv, convolution([1, 3, 6, 6], weights.w, weights.b, simple), inConvolution, [1, 3, 6, 6]],
      [gemm, dense(2, weights.fc, weights.fcb), inDense, [2, 6]],
    ] as const) {
      const x = numbers(45, dims)
      const z = run(layer, wide(x))
      expect(Math.min(...z)).toBeLessThan(-0.5)
      const seed = numbers(46, layer.dims)
      const expected = rule(layer, wide(x), wide(seed)).inputs
      const actual = await relevance(spec, { x }, 'y', seed, ['x'], rules)
      expectClose(wide(actual.x), expected, { atol: 2e-5 * Math.max(...expected.map(Math.abs)), rtol: 1e-4 })
    }
  })
})

test('a residual sum, BatchNormalization and a global average', async () => {
  const dims: [number, number, number, number] = [2, 3, 5, 5]
  const weights = {
    w: numbers(11, [3, 3, 3, 3]),
    scale: numbers(12, [3], 0.5, 1.5),
    shift: numbers(13, [3]),
    mean: numbers(14, [3]),
    variance: numbers(15, [3], 0.5, 2),
    fc: numbers(16, [3, 3]),
  }
  const spec: ModelSpec = {
    inputs: { x: dims },
    outputs: { y: [2, 3] },
    weights,
    nodes: [
      node('Relu', ['x'], 'start'),
      node('Conv', ['start', 'w'], 'conv', { pads: [1, 1, 1, 1] }),
      node('BatchNormalization', ['conv', 'scale', 'shift', 'mean', 'variance'], 'normal'),
      node('Add', ['normal', 'start'], 'sum'),
      node('Relu', ['sum'], 'relu'),
      node('GlobalAveragePool', ['relu'], 'pool'),
      node('Flatten', ['pool'], 'flat'),
      node('Gemm', ['flat', 'fc'], 'y', { transB: 1 }),
    ],
  }
  const x = numbers(17, dims, -0.3, 1)
  const [scale, shift, mean, variance] = [weights.scale, weights.shift, weights.mean, weights.variance].map(wide) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const factor = scale.map((s, k) => s / Math.sqrt((variance[k] ?? 0) + 1e-5))
  const first = convolution(dims, weights.w, undefined, { ...simple, pads: [1, 1, 1, 1] })
  const normal = affine(
    dims,
    factor,
    shift.map((s, k) => s - (mean[k] ?? 0) * (factor[k] ?? 0)),
  )
  const [average, last] = [globalAverage(dims), dense(2, weights.fc, undefined)]
  const start = relu(wide(x))
  const conv = run(first, start)
  const branch = run(normal, conv)
  const sum = branch.map((value, i) => value + (start[i] ?? 0))
  const pool = run(average, relu(sum))
  const seed = scoresOf(run(last, pool))
  const atSum = byEpsilon(average, relu(sum), byEpsilon(last, pool, wide(seed)).inputs).inputs
  const share = (part: Float64Array): Float64Array =>
    part.map((value, i) => (value / ((sum[i] ?? 0) + ((sum[i] ?? 0) < 0 ? -epsilon : epsilon))) * (atSum[i] ?? 0))
  const atConv = byEpsilon(normal, conv, share(branch)).inputs
  const long = byEpsilon(first, start, atConv).inputs
  const expected = share(start).map((value, i) => value + (long[i] ?? 0))
  const actual = await relevance(spec, { x }, 'y', seed, ['x'], lrpEpsilon({ epsilon }))
  expectClose(wide(actual.x), expected, { atol: 1e-5 * Math.max(...expected.map(Math.abs)), rtol: 1e-4 })
})

test('sign(0) is 1: what cancels out stays finite', async () => {
  const spec: ModelSpec = {
    inputs: { x: [1, 2] },
    outputs: { y: [1, 1] },
    weights: { w: float32([1, -1], [2, 1]) },
    nodes: [node('MatMul', ['x', 'w'], 'y')],
  }
  const x = float32([3, 3], [1, 2])
  const result = await relevance(spec, { x }, 'y', float32([2], [1, 1]), ['x'], lrpEpsilon({ epsilon: 0.5 }))
  expect(Array.from(wide(result.x))).toEqual([12, -12])
})

describe('what is refused', () => {
  const refused: [string, NodeSpec[], RegExp, RegExp][] = [
    [
      'a gate',
      [node('Sigmoid', ['x'], 's'), node('Mul', ['x', 's'], 'y')],
      /^Mul node y\/node: .*product or quotient of two computed/,
      /plain, guided-backprop/,
    ],
    ['a square', [node('MatMul', ['x', 'x'], 'y')], /^MatMul node y\/node: .*product or quotient of two computed/, /plain/],
    ['a softmax', [node('Softmax', ['x'], 'y', { axis: -1 })], /^Softmax node y\/node: /, /before the softmax/],
    ['a quotient', [node('Exp', ['x'], 'e'), node('Div', ['one', 'x'], 'y')], /^Div node y\/node: /, /plain/],
    ['an exponential', [node('Exp', ['x'], 'y')], /^Exp node y\/node: relevance has no rule for it/, /plain/],
  ]

  test.each(refused)('%s, by name, with a way out', async (_, nodes, message, hint) => {
    const spec: ModelSpec = { inputs: { x: [3, 3] }, outputs: { y: [3, 3] }, weights: { one: float32([1], [1]) }, nodes }
    const x = numbers(31, [3, 3], 0.5, 1)
    for (const [, rules] of tables) {
      const error = await refusal(async () => relevance(spec, { x }, 'y', x, ['x'], rules))
      expect(error).toBeInstanceOf(GradcamError)
      expect(error.code).toBe('unsupported-operator')
      expect(error.message).toMatch(message)
      expect(error.hint).toMatch(hint)
      expect(error.node?.name).toBe('y/node')
    }
    await relevance(spec, { x }, 'y', x, ['x'], plain)
  })
})
