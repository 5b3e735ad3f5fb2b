/** @file Maps that say nothing: each method says so in its own words, and draws nothing; maps that say something are left alone. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { float32 } from '../../src/core/tensor.ts'
import { methods } from '../../src/method/method.ts'
import { doubtful } from '../support/doubtful-nets.ts'
import { explainOne } from '../support/explain.ts'
import { images } from '../support/small-nets.ts'

const image = images(1, 3, 16)
const plain = float32(new Float32Array(3 * 16 * 16), [1, 3, 16, 16])

// what has no boxes, and no linear head
const named = methods.map(({ name }) => name).filter((name) => !['d-rise', 'cam', 'finer-cam'].includes(name))
const few: Readonly<Record<string, Record<string, number>>> = {
  rise: { samples: 64, cells: 4 },
  lime: { samples: 64, features: 8 },
  'kernel-shap': { samples: 64, features: 8 },
}
const sampling = ['occlusion', 'lime', 'kernel-shap', 'rise']
/** Those that look at features and never at the score. */
const alone = ['eigen-cam', 'kpca-cam', 'fem', 'dff']
/** Those that hand down something else than the gradient, or look at its spread. */
const other = [
  'deconvnet',
  'guided-backprop',
  'guided-grad-cam',
  'deeplift',
  'lrp',
  'full-grad',
  'square-grad',
  'var-grad',
  'smooth-grad-cam++',
  'shapley-cam',
]

const ask = (model: Uint8Array, method: string, target: string, x = image): Promise<ExplanationData> =>
  explainOne(model, x, { method, target, featureLayer: 'features', options: few[method] ?? {} })
const codes = ({ warnings }: ExplanationData): string[] => warnings.map(({ code }) => code)
const isBlank = ({ map }: ExplanationData): boolean => map.data.every((value) => value === 0)

describe('a score that is the same for all pictures', () => {
  const seen = named.filter((name) => !alone.includes(name) && !other.includes(name))
  test.each(seen)('%s', async (method) => {
    for (const end of ['norm', 'norm in parts', 'softmax'] as const) {
      const why = await ask(doubtful(end), method, end === 'softmax' ? 'expression:sum(prob)' : 'expression:sum(y * 3)')
      expect.soft([end, isBlank(why)]).toEqual([end, true])
      const said = why.warnings.find(({ code }) => code === 'map-rounding' || code === 'map-zero')
      expect
        .soft(said?.message, end)
        .toMatch(sampling.includes(method) ? /no sample changed the score/ : /gradient of|no change of the features/)
    }
  })

  test('the raw map stays raw', async () => {
    const why = await ask(doubtful('norm'), 'grad-cam', 'expression:sum(y)')
    expect(why.raw.data.some((value) => value !== 0)).toBe(true)
  })
})

/** Superpixels of so small an image are one; relevance is not shared out over quotients and a softmax; a black picture has no deviation to divide by; the map of a class may be negative alone. */
const apart: Readonly<Record<string, readonly string[]>> = {
  lrp: ['norm in parts', 'softmax'],
  deeplift: ['norm in parts'],
  'guided-grad-cam': ['softmax'],
}

test.each(named.filter((name) => !['lime', 'kernel-shap'].includes(name)))('%s: an ordinary score is left alone', async (method) => {
  for (const [end, target] of [
    ['plain', '3'],
    ['norm', 'expression:y[1]'],
    ['norm in parts', 'expression:y[1]'],
    ['softmax', 'expression:prob[1]'],
    ['sigmoid', 'expression:prob[1]'],
  ] as const) {
    if (apart[method]?.includes(end)) continue
    const why = await ask(doubtful(end), method, target)
    expect.soft([end, codes(why).filter((code) => /rounding|zero|constant|saturated|finite/.test(code))]).toEqual([end, []])
  }
})

describe('hints are those of the method', () => {
  const gradients = methods.filter(({ gradient, name }) => gradient && named.includes(name) && name !== 'deconvnet').map(({ name }) => name)

  test.each(gradients)('%s: a dead layer, and scores that a quantised network cuts off', async (method) => {
    const dead = (await ask(doubtful('dead'), method, 'expression:y[1]')).warnings.find(({ code }) => code === 'map-zero')
    expect.soft(dead).toMatchObject({ message: expect.stringContaining('the gradient of'), hint: expect.stringContaining('`path`') })
    const cut = (await ask(doubtful('cut off', 100), method, 'expression:y[3]')).warnings.find(({ code }) => code === 'map-zero')
    expect.soft(cut?.hint).toMatch(/without gradients/)
  })

  test.each(named)('%s: a plain picture', async (method) => {
    const { warnings } = await ask(doubtful('plain'), method, '1', plain)
    const said = warnings.find(({ code }) => code === 'map-zero')
    expect.soft(said?.hint ?? '').not.toMatch(/later feature layer/)
    if (sampling.includes(method)) expect(said?.message).toMatch(/no sample changed the score/)
    if (alone.includes(method)) expect(said?.message).toMatch(/features at features/)
  })
})

describe('saturated probabilities', () => {
  // the largest logit leads by more than a hundred
  const [softmax, sigmoid] = [doubtful('softmax', 1000), doubtful('sigmoid', 1000)]
  const best = async (): Promise<number> => (await ask(doubtful('plain', 1000), 'grad-cam', 'top-1')).index ?? 0

  test.each([
    ['softmax', softmax],
    ['sigmoid', sigmoid],
  ])('%s: said of each way to ask, with the way out', async (kind, model) => {
    const index = await best()
    for (const target of [`value:prob[${index}]`, `expression:prob[${index}]`]) {
      const why = await ask(model, 'grad-cam', target)
      expect.soft(why.score).toBeCloseTo(1, 6)
      const said = why.warnings.filter(({ code }) => code === `${kind}-saturated`)
      expect.soft([target, said.length]).toEqual([target, 1])
      expect.soft(said[0]?.hint).toContain("`reductionLayer: 'logits'`")
    }
    // and the way out leads to a map
    const out = await explainOne(model, image, { target: index, reductionLayer: 'logits', featureLayer: 'features' })
    expect(codes(out)).toEqual([])
  })

  test('the same of a class', async () => {
    const why = await explainOne(softmax, image, { target: await best(), reductionLayer: 'prob', featureLayer: 'features' })
    expect(codes(why)).toContain('softmax-saturated')
  })
})

test('an image that is compared with itself has no map', async () => {
  const target = { kind: 'similar', to: { image }, tensor: 'flat' } as const
  const why = await explainOne(doubtful('plain'), image, { target, featureLayer: 'features' })
  expect([codes(why), isBlank(why)]).toEqual([['similar-to-itself'], true])
})
