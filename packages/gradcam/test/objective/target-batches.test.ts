/** @file Targets in batches, beside each other, and as sums of classes: each image gets what it would get alone. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { createExplainer } from '../../src/explain/explainer.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne, runtime, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { imageAt } from '../support/net-targets.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const about = { labels: ['tabby, tabby cat', 'tiger cat', 'golden retriever', 'espresso', 'cup'] }
const model = buildModel(headed())
const batch = images(3)
const raw = { upsample: 'none', normalize: 'none', activation: 'none' } as const
const same = { atol: 1e-6, rtol: 1e-5 }

function expectSame(actual: ExplanationData | undefined, expected: ExplanationData | undefined): void {
  if (!actual || !expected) throw new Error('an explanation is missing')
  expect([actual.index, actual.label, actual.scoreKind]).toEqual([expected.index, expected.label, expected.scoreKind])
  expect(actual.score).toBeCloseTo(expected.score, 5)
  expectClose(actual.raw.data, expected.raw.data, same, actual.label)
}

const kinds: ObjectiveInput[] = [
  'against:top-1',
  'sum:top-2',
  { kind: 'difference', class: 'top-1', from: { nearest: 2 }, weight: 0.6 },
  'value:espresso',
  { kind: 'similar', to: [1, -2, 0.5, 1, 0] },
  'expression:max(softmax(logits))',
]

describe('one target for all images', () => {
  test.each(kinds)('%j', async (target) => {
    const together = await explainAll(model, batch, { target, ...raw }, about)
    for (let n = 0; n < 3; n++) expectSame(together[n]?.[0], await explainOne(model, imageAt(batch, n), { target, ...raw }, about))
  })

  test('several targets of all kinds keep their order, methods side by side', async () => {
    const target = ['cup', ...kinds, 1, 'top-2'] as const
    const [first = []] = await explainAll(model, batch, { target, method: ['grad-cam', 'ablation-cam'], ...raw }, about)
    expect(first.map(({ method }) => method)).toEqual(Array.from({ length: 20 }, (_, i) => ['grad-cam', 'ablation-cam'][i % 2]))
    expect(first[0]?.label).toBe('cup')
    expect(first[14]?.label).toBe('tiger cat')
    for (let i = 0; i < first.length; i += 2) {
      expect(first[i + 1]?.label).toBe(first[i]?.label)
      expect(first[i + 1]?.score).toBeCloseTo(first[i]?.score as number, 5)
    }
  })

  test('a fixed batch, filled with its one image', async () => {
    const fixed = buildModel({ ...headed(), inputs: { x: [2, 3, 8, 8] }, outputs: { prob: [2, 5] } })
    for (const target of kinds)
      expectSame(
        await explainOne(fixed, imageAt(batch, 1), { target, ...raw }, about),
        await explainOne(model, imageAt(batch, 1), { target, ...raw }, about),
      )
  })
})

test('a class beside a target that reads an earlier tensor keeps its own feature layer', async () => {
  for (const method of ['grad-cam', 'ablation-cam']) {
    const [[early, late] = []] = await explainAll(
      model,
      imageAt(batch, 0),
      { target: ['expression:mean(c2)', 'cup'], method, ...raw },
      about,
    )
    expect([early?.featureLayer, late?.featureLayer]).toEqual(['a1', 'features'])
    expectSame(late, await explainOne(model, imageAt(batch, 0), { target: 'cup', method, ...raw }, about))
  }
})

describe('a target for each image', () => {
  const each = async (targets: ObjectiveInput[], options: ExplainOptions = {}): Promise<void> => {
    const together = await explainAll(model, batch, { targets, ...raw, ...options }, about)
    expect(together.map((row) => row.length)).toEqual([1, 1, 1])
    for (const [n, target] of targets.entries())
      expectSame(together[n]?.[0], await explainOne(model, imageAt(batch, n), { target, ...raw, ...options }, about))
  }

  test('classes, in one run', () => each(['espresso', 0, { kind: 'class', class: 'tiger cat' }]))
  test('classes, by a method of many runs', () => each([4, 0, 2], { method: 'ablation-cam' }))
  test('of all kinds', () => each(['top-1', 'against:cup', 'expression:logits[0] * 2']))

  test.each<[what: string, options: ExplainOptions]>([
    ['two for three images', { targets: [0, 1] }],
    ['four for three images', { targets: [0, 1, 2, 3] }],
    ['beside one for all', { targets: [0, 1, 2], target: 0 }],
  ])('%s: refused', async (_, options) => {
    expect((await refusal(() => explainAll(model, batch, options, about))).code).toBe('bad-target')
  })
})

describe('classes as one score: Grad-CAM is linear in the gradient', () => {
  const x = imageAt(batch, 0)
  const map = async (target: ObjectiveInput): Promise<{ score: number; data: number[] }> => {
    const why = await explainOne(model, x, { target, ...raw }, about)
    return { score: why.logit, data: Array.from(why.raw.data) }
  }
  const combined = async (weights: readonly number[]): Promise<{ score: number; data: number[] }> => {
    const maps = await Promise.all(weights.map((_, k) => map(k)))
    const sum = (of: (map: { score: number; data: number[] }) => number): number =>
      maps.reduce((total, each, k) => total + (weights[k] as number) * of(each), 0)
    return { score: sum(({ score }) => score), data: (maps[0]?.data ?? []).map((_, i) => sum(({ data }) => data[i] as number)) }
  }

  test.each<[ObjectiveInput, number[]]>([
    ['sum:0|espresso', [1, 0, 0, 1, 0]],
    ['mean:0|espresso', [0.5, 0, 0, 0.5, 0]],
    // two names of one class
    ['sum:tabby|tabby cat', [1, 0, 0, 0, 0]],
    ['difference:tiger cat|cup', [0, 1, 0, 0, -1]],
    ['difference:1|4|0', [-0.5, 1, 0, 0, -0.5]],
    [{ kind: 'difference', class: 1, from: 4, weight: 0.6 }, [0, 1, 0, 0, -0.6]],
    [{ kind: 'difference', class: 1, from: 4, weight: 0 }, [0, 1, 0, 0, 0]],
    [{ kind: 'difference', class: 1, from: { nearest: 4 } }, [-0.25, 1, -0.25, -0.25, -0.25]],
    ['against:3', [0, 0, 0, -1, 0]],
    ['against:difference:1|4', [0, -1, 0, 0, 1]],
    ['expression:sum(logits) / 2', [0.5, 0.5, 0.5, 0.5, 0.5]],
    ['expression:mean(logits) - logits[-1]', [0.2, 0.2, 0.2, 0.2, -0.8]],
    [{ kind: 'expression', expression: 'logits', reduce: 'mean' }, [0.2, 0.2, 0.2, 0.2, 0.2]],
    ["expression:('logits'[0] + 1) * 2 - 2", [2, 0, 0, 0, 0]],
  ])('%j', async (target, weights) => {
    const [mine, truth] = [await map(target), await combined(weights)]
    expect(mine.score).toBeCloseTo(truth.score, 5)
    expectClose(mine.data, truth.data, { atol: 1e-6, rtol: 1e-4 })
  })

  test('the nearest are those whose logits are nearest', async () => {
    const scores = await Promise.all([0, 1, 2, 3, 4].map(async (k) => (await map(k)).score))
    const distance = (k: number): number => Math.abs((scores[k] as number) - (scores[1] as number))
    const nearest = [0, 2, 3, 4].sort((a, b) => distance(a) - distance(b))[0] as number
    const mine = await map({ kind: 'difference', class: 1, from: { nearest: 1 } })
    expect(mine.score).toBeCloseTo((scores[1] as number) - (scores[nearest] as number), 5)
  })
})

test('an image as reference, for a batch of others', async () => {
  const to = { image: imageAt(batch, 2) }
  const whys = (await explainAll(model, batch, { target: { kind: 'similar', to } })).flat()
  expect(whys[2]?.score).toBeCloseTo(1, 5)
  expect(whys[0]?.score).toBeLessThan(0.9999)
})

describe('one logit with two labels', () => {
  const spec = headed()
  const single = buildModel({
    ...spec,
    outputs: { p: ['N', 1] },
    weights: { ...spec.weights, fc: numbers(45, [1, 6], -1, 1), fcb: numbers(6, [1], -0.2, 0.2) },
    nodes: [...spec.nodes.slice(0, -1), node('Sigmoid', ['logits'], 'p')],
  })
  const two = { labels: ['sick', 'well'] }
  const asked = (target: ObjectiveInput, n = 0) => explainOne(single, imageAt(batch, n), { target, ...raw }, two)

  test('either sign', async () => {
    const [bare, sick, well] = [
      await explainOne(single, imageAt(batch, 0), { target: 0, ...raw }),
      await asked('sick'),
      await asked('well'),
    ]
    expect([sick.label, well.label]).toEqual(['sick', 'well'])
    expect([sick.logit, well.logit]).toEqual([-bare.logit, bare.logit])
    expect(Array.from(well.raw.data)).toEqual(Array.from(bare.raw.data))
    expect(Array.from(sick.raw.data)).toEqual(Array.from(bare.raw.data, (value) => -value))
    expect(sick.warnings.map(({ code }) => code)).not.toContain('labels-mismatch')
  })

  test('the list of answers has both, the better one first, and predict says the same', async () => {
    for (let n = 0; n < 3; n++) {
      const { top, logit } = await asked('well', n)
      const p = 1 / (1 + Math.exp(-logit))
      expect(top.map(({ label, index }) => `${index} ${label}`)).toEqual(p < 0.5 ? ['0 sick', '1 well'] : ['1 well', '0 sick'])
      expect(top.find(({ label }) => label === 'well')?.score).toBeCloseTo(p, 5)
      expect(top.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6)
      const given = { tensor: imageAt(batch, n), region: undefined, photo: undefined }
      expect(await withNetwork(single, (network) => network.predict(given, 1), two)).toEqual(top.slice(0, 1))
    }
  })

  test('top-1 is the side that the network is on, top-2 both', async () => {
    for (let n = 0; n < 3; n++) {
      const why = await asked('top-1', n)
      expect(why.logit).toBeGreaterThanOrEqual(0)
      expect(why.label).toBe((await asked('well', n)).logit < 0 ? 'sick' : 'well')
    }
  })
})

test('likeness is the cosine of the angle, whatever the lengths', async () => {
  const to = [1, -2, 0.5, 1, 0]
  const logits = await Promise.all(to.map(async (_, k) => (await explainOne(model, imageAt(batch, 0), { target: k })).logit))
  const cosine = to.reduce((sum, r, k) => sum + r * (logits[k] as number), 0) / Math.hypot(...to) / Math.hypot(...logits)
  const dot = (a: number): string => to.map((r, k) => `${r * a} * logits[${k}]`).join(' + ')
  const why = await explainOne(model, imageAt(batch, 0), { target: { kind: 'similar', to }, ...raw })
  expect(why.score).toBeCloseTo(cosine, 5)
  // d cos = d(e·r) / |e||r| − cos · d(|e|²) / 2|e|²
  const [along, square] = await Promise.all(
    [dot(1), 'sum(logits * logits)'].map((expression) =>
      explainOne(model, imageAt(batch, 0), { target: { kind: 'expression', expression }, ...raw }),
    ),
  )
  const length = Math.hypot(...logits)
  const truth = Array.from(
    along?.raw.data ?? [],
    (value, i) => value / length / Math.hypot(...to) - (cosine * (square?.raw.data[i] as number)) / (2 * length ** 2),
  )
  expectClose(why.raw.data, truth, { atol: 1e-6, rtol: 1e-3 })
})

test('a method of second derivatives walks through what a target is fed', async () => {
  const options = { method: 'shapley-cam', ...raw } as const
  const fed = await explainOne(model, imageAt(batch, 0), { target: { kind: 'similar', to: [1, -2, 0.5, 1, 0] }, ...options })
  const cosine = '(logits[0] - 2 * logits[1] + 0.5 * logits[2] + logits[3]) / 2.5 / exp(0.5 * log(sum(logits * logits)))'
  const written = await explainOne(model, imageAt(batch, 0), { target: { kind: 'expression', expression: cosine }, ...options })
  expect(fed.score).toBeCloseTo(written.score, 5)
  expectClose(fed.raw.data, written.raw.data, { atol: 1e-6, rtol: 1e-4 })
})

test('targets that differ only in what is fed share their sessions', async () => {
  let opened = 0
  const counting: Runtime = {
    ...runtime,
    open(bytes, options) {
      opened++
      return runtime.open(bytes, options)
    },
  }
  const network = createExplainer(readModel(model), counting, { name: 'test', labels: [], preprocessing: undefined, singleLabel: false })
  const explain = (target: ObjectiveInput) =>
    network.explain({ tensor: imageAt(batch, 0), region: undefined, photo: undefined }, { target })
  try {
    await explain('difference:0|1')
    const before = opened
    for (const target of ['difference:2|3|4', 'sum:1|2', 'mean:0|1|2', 'value:3']) await explain(target)
    expect(opened).toBe(before)
  } finally {
    await network.close()
  }
})

describe('a score in an ONNX file', () => {
  const score = (opset: number, operator = 'Mul'): Uint8Array =>
    buildModel({
      opset,
      inputs: { logits: ['N', 5], features: ['N', 6, 4, 4] },
      outputs: { y: ['N', 5] },
      weights: { half: float32([0.5], [1]), w: float32([0, 1, 0, 0, -1], [1, 5]) },
      nodes: [
        node('Mul', ['logits', 'w'], 'weighted'),
        node(operator, ['weighted', 'half'], 'halved'),
        node('GlobalAveragePool', ['features'], 'pooled'),
        node('ReduceMean', ['pooled'], 'mean', { axes: [1, 2, 3], keepdims: 0 }),
        node('Reshape', ['mean', 'shape'], 'column'),
        node('Constant', [], 'shape', { value: { type: 'int64', dims: [2], data: BigInt64Array.of(-1n, 1n) } }),
        node('Add', ['halved', 'column'], 'y'),
      ].sort((a, b) => Number(b.operator === 'Constant') - Number(a.operator === 'Constant')),
    })
  const x = imageAt(batch, 0)

  test('is what it computes', async () => {
    const file = await explainOne(model, x, { target: { kind: 'onnx', model: score(13) }, ...raw }, about)
    const formula = await explainOne(model, x, { target: 'expression:(logits[1] - logits[4]) / 2 + 5 * mean(features)', ...raw }, about)
    expect(file.score).toBeCloseTo(formula.score, 5)
    expectClose(file.raw.data, formula.raw.data, { atol: 1e-6, rtol: 1e-4 })
    expect(file.label).toBe('y')
  })

  test('may have operators that the project never writes itself', async () => {
    const bytes = buildModel({
      inputs: { logits: ['N', 5] },
      outputs: { y: ['N', 5] },
      weights: { w: float32([0, 1, 0, 0, 0], [1, 5]) },
      nodes: [node('LogSoftmax', ['logits'], 'logs', { axis: 1 }), node('Mul', ['logs', 'w'], 'y')],
    })
    const file = await explainOne(model, x, { target: { kind: 'onnx', model: bytes }, ...raw }, about)
    const formula = await explainOne(model, x, { target: 'expression:logits[1] - log(sum(exp(logits)))', ...raw }, about)
    expect(file.score).toBeCloseTo(formula.score, 5)
    expectClose(file.raw.data, formula.raw.data, { atol: 1e-6, rtol: 1e-4 })
  })

  test.each<[what: string, bytes: () => Uint8Array, code: string]>([
    ['another opset', () => score(12), 'bad-target'],
    ['an operator without derivative', () => score(13, 'BitShift'), 'unsupported-operator'],
    [
      'an input that the network has not',
      () => buildModel({ inputs: { logts: ['N', 5] }, outputs: { y: ['N', 5] }, nodes: [node('Relu', ['logts'], 'y')] }),
      'unknown-tensor',
    ],
    [
      'two outputs',
      () =>
        buildModel({
          inputs: { logits: ['N', 5] },
          outputs: { y: ['N', 5], z: ['N', 5] },
          nodes: [node('Relu', ['logits'], 'y'), node('Abs', ['logits'], 'z')],
        }),
      'bad-target',
    ],
    ['no model', () => new Uint8Array([1, 2, 3]), 'bad-target'],
  ])('%s: refused', async (_, bytes, code) => {
    expect((await refusal(() => explainOne(model, x, { target: { kind: 'onnx', model: bytes() } }, about))).code).toBe(code)
  })
})

describe('refused', () => {
  test.each<[ObjectiveInput, string]>([
    ['value:logits', 'bad-target'],
    ['value:logits[5]', 'bad-index'],
    ['value:logits[0,0]', 'bad-index'],
    ['value:expresso', 'unknown-tensor'],
    [{ kind: 'value', tensor: 'logits', element: 'expresso' }, 'unknown-label'],
    [{ kind: 'value', tensor: 'w1' }, 'unknown-tensor'],
    ['difference:cup|cup', 'bad-target'],
    ['difference:cup|nearest-5', 'bad-target'],
    ['against:top-2', 'bad-target'],
    ['sum:cup|saucer', 'unknown-label'],
    ['region:cup', 'bad-target'],
    [{ kind: 'similar', to: [1, 2] }, 'shape-mismatch'],
    [{ kind: 'similar', to: [0, 0, 0, 0, 0] }, 'bad-target'],
    [{ kind: 'similar', to: { file: 'a.jpg' } }, 'bad-target'],
    ['expression:1 + 2', 'bad-target'],
    ['expression:logits[7]', 'bad-target'],
    ['expression:logits[0, 0]', 'bad-target'],
    ['expression:logits * features', 'bad-target'],
    ['expression:logit', 'unknown-tensor'],
    ['@a.json', 'bad-target'],
  ])('%j: %s', async (target, code) => {
    const error = await refusal(() => explainOne(model, imageAt(batch, 0), { target }, about))
    expect(error.code).toBe(code)
  })

  test('a score that is no number: a warning', async () => {
    const why = await explainOne(model, imageAt(batch, 0), { target: 'expression:log(logits[0] - logits[0])' }, about)
    expect(why.warnings.map(({ code }) => code)).toContain('score-not-finite')
  })

  test('what is shown of a target that reads another tensor', async () => {
    const { featureLayer, reductionLayer, top } = await withNetwork(
      model,
      async (network) =>
        (
          await network.explain({ tensor: imageAt(batch, 0), region: undefined, photo: undefined }, { target: 'expression:mean(c2)' })
        )[0]?.[0] as ExplanationData,
      about,
    )
    expect(reductionLayer).toBe('c2')
    expect(featureLayer).toBe('a1')
    expect(top.length).toBe(5)
  })
})
