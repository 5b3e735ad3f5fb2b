/** @file Layers, labels and options that a model does not have: refused with a code, and with what was perhaps meant. */
import { describe, expect, test } from 'vitest'
import { float32, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel } from '../support/build.ts'
import { explainOne, layersOf } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const whole = buildModel(headed())
const x = images(1)

describe('layers, labels and options', () => {
  const about = { labels: ['tabby, tabby cat', 'tiger cat', 'golden retriever', 'espresso', 'cup'], singleLabel: true }
  const explain = (options: Parameters<typeof explainOne>[2]) => refusal(() => explainOne(whole, x, options, about))

  test.each([
    [{ featureLayer: 'feature' }, 'unknown-layer', ['features']],
    [{ reductionLayer: 'logit' }, 'unknown-layer', ['logits']],
    [{ featureLayer: 'w1' }, 'unknown-layer', undefined],
    [{ featureLayer: 'flat' }, 'no-features', undefined],
    [{ featureLayer: 'features', reductionLayer: 'p1' }, 'no-gradient', undefined],
    [{ target: 'golden retreiver' }, 'unknown-label', ['golden retriever']],
    [{ target: 'zeppelin' }, 'unknown-label', []],
    [{ target: 'cat' }, 'ambiguous-label', ['tabby, tabby cat', 'tiger cat']],
    [{ target: 5 }, 'bad-index', undefined],
    [{ target: -1 }, 'bad-index', undefined],
    [{ target: 'top-0' }, 'bad-index', undefined],
    [{ target: 'top-6' }, 'bad-index', undefined],
    [{ target: [] }, 'bad-option', undefined],
    [{ method: 'grad-cm' }, 'bad-option', ['grad-cam']],
    [{ upsample: 'bicubik' as 'bicubic' }, 'bad-option', ['bicubic']],
    [{ normalize: 'min-max' as 'minmax' }, 'bad-option', undefined],
  ])('%j: %s', async (options, code, suggestions) => {
    const error = await explain(options)
    expect(error.code).toBe(code)
    // the nearest comes first; node names that are like it may follow
    if (suggestions?.length === 0) expect(error.suggestions).toEqual([])
    expect(error.suggestions).toEqual(expect.arrayContaining(suggestions ?? []))
    expect(suggestions?.[0]).toBe(suggestions && error.suggestions[0])
    for (const suggestion of suggestions ?? []) expect(`${error.message} ${error.hint}`).toContain(suggestion)
  })

  test('few labels are told, more are not, and a mistyped kind of target is no label', async () => {
    expect((await explain({ target: 'zeppelin' })).hint).toContain('espresso')
    expect((await explain({ target: 'expresion:logits[2]' })).hint).toContain('expression:')
  })

  test('a formula is told how to spell names', async () => {
    const slashed = buildModel({
      ...headed(),
      outputs: { 'loss3/prob': ['N', 5] },
      nodes: headed().nodes.map((each) => ({ ...each, outputs: each.outputs.map((name) => (name === 'prob' ? 'loss3/prob' : name)) })),
    })
    const error = await refusal(() => explainOne(slashed, x, { target: 'expression:loss3/prob[1]' }))
    expect(error).toMatchObject({ code: 'unknown-tensor', hint: expect.stringContaining("'loss3/prob'") })
    await explainOne(slashed, x, { target: "expression:'loss3/prob'[1]" })
  })

  test("the file of a score that is none is not taken for the network's", async () => {
    const error = await refusal(() => explainOne(whole, x, { target: { kind: 'onnx', model: Uint8Array.of(1, 2, 3) } }))
    expect(error).toMatchObject({ code: 'bad-target', message: expect.stringContaining('the ONNX file cannot be a score') })
  })

  test('a score that is no number is warned of once, and is no saturated softmax', async () => {
    const { warnings } = await explainOne(whole, x, { target: 'expression:log(prob[1] - 2)' })
    expect(warnings.map(({ code }) => code)).toContain('score-not-finite')
    expect(warnings.map(({ code }) => code)).not.toContain('softmax-saturated')
  })

  test('nor is that of a class, where the image holds something that is no number', async () => {
    const data = Float32Array.from(toFloat32(x))
    data[5] = Number.NaN
    const { warnings } = await explainOne(whole, { ...x, data }, { target: 1 })
    expect(warnings.filter(({ code }) => code === 'score-not-finite')).toHaveLength(1)
  })

  test('the same names are refused when layers are only looked at', async () => {
    expect((await refusal(() => layersOf(whole, { featureLayer: 'feature' }))).code).toBe('unknown-layer')
  })

  test('labels where the model has none', async () => {
    const error = await refusal(() => explainOne(whole, x, { target: 'cat' }))
    expect([error.code, error.hint]).toEqual(['unknown-label', expect.stringContaining('`labels`')])
  })

  test('float32 checks the shape of what it is given', async () => {
    expect((await refusal(() => float32([1, 2], [3]))).code).toBe('bad-tensor')
  })
})
