/** @file Scores of a user's own: explained as kinds of the table are, fed by image, within other targets, refused by field. */
import { describe, expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import type { ObjectiveSpec } from '../../src/objective/kinds.ts'
import { buildModel } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'
import { headClasses, headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const x = images(2)
const exact = { atol: 1e-6, rtol: 1e-5 }

/** Class 1 less class 2. */
const margin: ObjectiveSpec = {
  kind: 'custom',
  label: 'margin',
  reads: ['logits'],
  score({ g, read }) {
    const [a, b] = [1, 2].map((k) => g.sum(g.slice(read('logits'), 1, k, k + 1), [1], false))
    return g.sub(a ?? 0, b ?? 0)
  },
}

/** Logits, weighted by what is fed. */
const weighted = (weights: readonly number[], key = 'weighted'): ObjectiveSpec => ({
  ...{ kind: 'custom', key, label: 'weighted', reads: ['logits'] },
  feeds: { weights: float32(weights, [1, headClasses]) },
  score: ({ g, read, parameter }) => g.sum(g.mul(read('logits'), parameter('weights')), [1], false),
})

describe.each(['grad-cam', 'saliency', 'occlusion'])('%s', (method) => {
  test.each<[string, ObjectiveSpec]>([
    ['nodes', margin],
    ['nodes and what is fed', weighted([0, 1, -1, 0, 0])],
    ['within another target', { kind: 'against', target: { ...weighted([0, -1, 1, 0, 0], 'other') } }],
  ])('%s: the map of the same question in words', async (_, target) => {
    const own = (await explainAll(model, x, { target, method })).flat()
    const words = (await explainAll(model, x, { target: 'difference:1|2', method })).flat()
    expect(own).toHaveLength(2)
    for (const [i, why] of own.entries()) {
      expect(why.score).toBeCloseTo(words[i]?.score ?? Number.NaN, 5)
      expectClose(why.raw.data, words[i]?.raw.data ?? new Float32Array(), exact, `image ${i}`)
    }
  })
})

test.each([
  ['score', { ...margin, score: 'logits[1]' }, 'bad-target'],
  ['reads', { ...margin, reads: 'logits' }, 'bad-target'],
  ['a tensor that is not there', { ...margin, reads: ['logitz'] }, 'unknown-tensor'],
  ['a field that is not there', { ...margin, scores: 1 }, 'bad-target'],
])('refused: %s', async (_, target, code) => {
  expect(await refusal(() => explainOne(model, images(1), { target: target as ObjectiveSpec }))).toMatchObject({ code })
})
