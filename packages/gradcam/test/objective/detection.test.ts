/** @file Detectors of every known form: what a box's score is, recognised by shapes or described as data, and which box is meant. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { Decoding } from '../../src/contract/decoding.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import type { BoxSpec } from '../../src/objective/kinds/box.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'
import { images } from '../support/small-nets.ts'

const about = { labels: ['cat', 'dog'] }
const int64 = (...values: number[]) => ({ type: 'int64' as const, dims: [values.length], data: BigInt64Array.from(values, BigInt) })

/** x [1, 3, 8, 8] → Conv, Relu `features` [1, 6, 4, 4] → 1×1 Conv `head` [1, channels, 4, 4] → whatever comes. */
const detector = (channels: number, outputs: ModelSpec['outputs'], tail: readonly NodeSpec[]): Uint8Array =>
  buildModel({
    inputs: { x: [1, 3, 8, 8] },
    outputs,
    weights: {
      w: numbers(1, [6, 3, 3, 3], -0.5, 0.5),
      b: numbers(2, [6], 0, 0.5),
      h: numbers(3, [channels, 6, 1, 1], -0.5, 0.5),
      rows: int64(1, channels, 16),
      four: int64(4),
      rest: int64(channels - 4),
      split: int64(4, channels - 4),
      split3: int64(1, 4, channels - 5),
    },
    nodes: [
      node('Conv', ['x', 'w', 'b'], 'c', { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('Relu', ['c'], 'features'),
      node('Conv', ['features', 'h'], 'head'),
      ...tail,
    ],
  })

const flat = node('Reshape', ['head', 'rows'], 'flat')
const turned = (from: string, to: string): NodeSpec => node('Transpose', [from], to, { perm: [0, 2, 1] })
const split = [
  flat,
  turned('flat', 'rowwise'),
  node('Split', ['rowwise', 'split'], ['places', 'logits'], { axis: 2 }),
  node('Sigmoid', ['places'], 'boxes'),
]

/** Model, and the score of box 5 for class dog as a formula over its outputs. */
const forms: Record<string, [model: Uint8Array, formula: string]> = {
  'YOLO v5': [detector(7, { out: [1, 16, 7] }, [flat, turned('flat', 'raw'), node('Sigmoid', ['raw'], 'out')]), 'out[5, 4] * out[5, 6]'],
  'YOLO v8': [detector(6, { out: [1, 6, 16] }, [flat, node('Sigmoid', ['flat'], 'out')]), 'out[5, 5]'],
  'YOLO v8, candidates first': [
    detector(6, { out: [1, 16, 6] }, [flat, turned('flat', 'raw'), node('Sigmoid', ['raw'], 'out')]),
    'out[5, 5]',
  ],
  FastestDet: [
    detector(7, { out: [1, 7, 4, 4] }, [
      node('Split', ['head', 'split3'], ['o', 'boxes', 'k'], { axis: 1 }),
      node('Sigmoid', ['o'], 'sure'),
      node('Sigmoid', ['k'], 'classes'),
      node('Concat', ['sure', 'boxes', 'classes'], 'out', { axis: 1 }),
    ]),
    'exp(0.6 * log(out[0, 1, 1]) + 0.4 * log(out[6, 1, 1]))',
  ],
  SSD: [
    detector(7, { scores: [1, 16, 3], boxes: [1, 16, 4] }, [...split, node('Softmax', ['logits'], 'scores', { axis: 2 })]),
    'scores[5, 2]',
  ],
  DETR: [
    detector(7, { logits: [1, 16, 3], boxes: [1, 16, 4] }, split),
    'exp(logits[5, 1]) / (exp(logits[5, 0]) + exp(logits[5, 1]) + exp(logits[5, 2]))',
  ],
  'DETR without "no object"': [detector(6, { logits: [1, 16, 2], boxes: [1, 16, 4] }, split), 'sigmoid(logits[5, 1])'],
}

describe('the score of a box, recognised by shapes', () => {
  const x = images(1)
  const explained = (model: Uint8Array, target: ObjectiveInput): Promise<ExplanationData> =>
    explainOne(model, x, { target, featureLayer: 'features', upsample: 'none', normalize: 'none' }, about)

  for (const [name, [model, formula]] of Object.entries(forms)) {
    test(name, async () => {
      const box = await explained(model, { kind: 'box', box: 5, class: 'dog' })
      const truth = await explained(model, { kind: 'expression', expression: formula })
      expect(box.score).toBeCloseTo(truth.score, 5)
      expectClose(box.raw.data, truth.raw.data, { atol: 1e-6, rtol: 1e-4 })
      expect(box.label).toBe('box 5: dog')
    })
  }

  test('outputs that fit nothing: how to describe them', async () => {
    const model = detector(9, { out: [1, 9, 16] }, [node('Reshape', ['head', 'rows'], 'out')])
    const error = await refusal(() => explained(model, 'box:dog'))
    expect([error.code, error.message, error.hint]).toEqual([
      'bad-target',
      expect.stringContaining('out [1, 9, 16]'),
      expect.stringContaining('decoding'),
    ])
  })

  test('without labels nothing is sure', async () => {
    const [model] = forms['YOLO v8'] as [Uint8Array, string]
    const error = await refusal(() => explainOne(model, x, { target: 'box:1', featureLayer: 'features' }))
    expect([error.code, error.hint]).toEqual(['bad-target', expect.stringContaining('labels')])
  })
})

/** A "network" that gives out the image: row after row x y w h objectness cat dog. */
const rows = 4
const identity = buildModel({
  inputs: { x: [1, 1, rows, 7] },
  outputs: { out: [1, rows, 7] },
  weights: { shape: int64(1, rows, 7) },
  nodes: [node('Relu', ['x'], 'features'), node('Reshape', ['features', 'shape'], 'out')],
})
const table = float32(
  [
    [3, 2, 2, 2, 0.9, 0.1, 0.8],
    [3.1, 2, 2, 2, 0.8, 0.1, 0.8], // the same dog, less sure
    [5, 1, 2, 1, 0.5, 0.3, 0.6], // another dog
    [5, 1, 2, 1, 0.6, 0.9, 0.01], // a cat in the same place
  ].flat(),
  [1, 1, rows, 7],
)
const decoding: Decoding = {
  boxes: { tensor: 'out', count: 4, format: 'cxcywh', units: 'pixels' },
  objectness: { tensor: 'out', from: 4, count: 1 },
  classes: { tensor: 'output:0', from: 5 },
}
interface Box {
  candidate: number
  class: string
  score: number
  box: number[]
}

describe('which box is meant', () => {
  const asked = async (target: Omit<BoxSpec, 'kind'>): Promise<Box> => {
    const why = await explainOne(
      identity,
      table,
      { target: { kind: 'box', decoding, ...target }, featureLayer: 'features', upsample: 'none' },
      about,
    )
    return (why.details as { boxes: [Box] }).boxes[0]
  }

  test('the best one of the class', async () => {
    expect(await asked({ class: 'dog' })).toMatchObject({ candidate: 0, class: 'dog', box: [2, 1, 4, 3] })
    expect((await asked({ class: 'dog' })).score).toBeCloseTo(0.72, 6)
  })

  test('the second best is another place: overlapping boxes are one', async () => {
    expect(await asked({ class: 'dog', rank: 2 })).toMatchObject({ candidate: 2 })
    expect(await asked({ class: 'dog', rank: 2, decoding: { ...decoding, overlap: 1 } })).toMatchObject({ candidate: 1 })
    // without boxes nothing overlaps
    const { boxes: _, ...blind } = decoding
    expect(await asked({ class: 'dog', rank: 2, decoding: blind })).toMatchObject({ candidate: 1 })
  })

  test('of any class: the best of all; overlapping boxes are one where they are of one class', async () => {
    expect(await asked({ class: 'top-1' })).toMatchObject({ candidate: 0, class: 'dog' })
    expect(await asked({ class: 'top-1', rank: 2 })).toMatchObject({ candidate: 3, class: 'cat' })
    expect(await asked({ class: 'top-1', rank: 3 })).toMatchObject({ candidate: 2, class: 'dog' })
    const { code, hint } = await refusal(() => asked({ class: 'top-1', rank: 4 }))
    expect([code, hint]).toEqual(['target-absent', expect.stringContaining('top-3')])
  })

  test('top-3 is three boxes, and what is explained of a detector when nothing is named is its best one', async () => {
    const explained = async (target?: ObjectiveInput): Promise<ExplanationData[]> =>
      (
        await explainAll(
          identity,
          table,
          { ...(target === undefined ? {} : { target }), featureLayer: 'features', upsample: 'none' },
          about,
        )
      ).flat()
    const three = await explained({ kind: 'box', class: 'top-3', decoding })
    expect(three.map(({ label }) => label)).toEqual(['box 0: dog', 'box 3: cat', 'box 2: dog'])
    expect((await explained()).map(({ label }) => label)).toEqual(['box 0: dog'])
    // a detector scores boxes: the best class is the best box, a class its best box
    expect((await explained('top-1')).map(({ label }) => label)).toEqual(['box 0: dog'])
    expect((await explained('cat')).map(({ label }) => label)).toEqual(['box 3: cat'])
  })

  test('the network answers with boxes, explained or only asked', async () => {
    const best = [
      { index: 0, label: 'box 0: dog', score: 0.72, box: [2, 1, 4, 3] },
      { index: 3, label: 'box 3: cat', score: 0.54, box: [4, 0.5, 6, 1.5] },
      { index: 2, label: 'box 2: dog', score: 0.3, box: [4, 0.5, 6, 1.5] },
    ].map(({ score, ...rest }) => ({ ...rest, score: expect.closeTo(score, 6) }))
    const why = await explainOne(identity, table, { featureLayer: 'features', upsample: 'none' }, about)
    expect(why.top).toEqual(best)
    const image = { tensor: table, region: undefined, photo: undefined }
    expect(await withNetwork(identity, (network) => network.predict(image, 2), about)).toEqual(best.slice(0, 2))
  })

  test('a box of the image stays the one that is meant where noise hides it', async () => {
    const target: BoxSpec = { kind: 'box', class: 'dog', rank: 2, decoding }
    const why = await explainOne(identity, table, { target, noise: 12, noiseLevel: 1, featureLayer: 'features', upsample: 'none' }, about)
    expect(why.label).toBe('box 2: dog')
  })

  test('by index it is the best class of that box', async () => {
    expect(await asked({ box: 3 })).toMatchObject({ candidate: 3, class: 'cat' })
    expect(await asked({ box: 2 })).toMatchObject({ class: 'dog' })
  })

  test.each([
    ['xyxy', 'pixels', [3, 2, 2, 2]],
    ['yxyx', 'pixels', [2, 3, 2, 2]],
    ['xywh', 'pixels', [3, 2, 5, 4]],
    ['cxcywh', 'normalised', [2 * 7, 1 * rows, 4 * 7, 3 * rows]],
  ] as const)('%s in %s', async (format, units, box) => {
    const part = { tensor: 'out', count: 4, format, units }
    expect((await asked({ box: 0, decoding: { ...decoding, boxes: part } })).box).toEqual(box)
  })

  // a pixel of the input is two of the photo wide and three high; six columns and three rows of the photo's lie outside
  test.each([
    [undefined, [-2, 0, 2, 6]],
    [true, [0, 0, 2, 5]],
  ] as const)('in the photo, cut: %s', async (cut, box) => {
    const photo = { width: 3, height: 5, channels: 3, data: new Uint8ClampedArray(45) } as const
    const image = { tensor: table, region: { x: -6, y: -3, width: 14, height: 12 }, photo }
    const boxes: Decoding['boxes'] = { tensor: 'out', count: 4, format: 'cxcywh', units: 'pixels', ...(cut ? { cut } : {}) }
    const target: BoxSpec = { kind: 'box', box: 0, decoding: { ...decoding, boxes } }
    const [[why] = []] = await withNetwork(identity, (network) => network.explain(image, { target, featureLayer: 'features' }), about)
    expect((why?.details as { boxes: [Box] } | undefined)?.boxes[0].box).toEqual(box)
  })

  test.each<[what: string, target: Omit<BoxSpec, 'kind'>, code: string]>([
    ['a box beyond the last', { box: 4 }, 'bad-index'],
    ['a third dog', { class: 'dog', rank: 3 }, 'target-absent'],
    ['both the three best and a rank', { class: 'top-3', rank: 2 }, 'bad-target'],
    ['an unknown class', { class: 'bird' }, 'unknown-label'],
    ['neither box nor class', {}, 'bad-target'],
    ['an unknown tensor', { box: 0, decoding: { classes: { tensor: 'outt' } } }, 'unknown-tensor'],
    ['channels beyond the last', { box: 0, decoding: { classes: { tensor: 'out', from: 7 } } }, 'bad-target'],
    ['an axis that is none', { box: 0, decoding: { classes: { tensor: 'out', axis: 3 } } }, 'bad-target'],
    ['objectness that is none', { box: 0, part: 'objectness', decoding: { classes: { tensor: 'out', from: 5 } } }, 'bad-target'],
    ['an unknown field', { box: 0, decoding: { ...decoding, overlp: 1 } as Decoding }, 'bad-target'],
  ])('%s: refused', async (_, target, code) => {
    expect((await refusal(() => asked(target))).code).toBe(code)
  })
})
