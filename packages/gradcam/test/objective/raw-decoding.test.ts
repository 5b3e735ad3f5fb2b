/** @file Raw heads of two scales, described by hand: boxes by arithmetic of our own, scores and gradients as a formula has them. */
import { describe, expect, test } from 'vitest'
import type { BoxChannels, Decoding } from '../../src/contract/decoding.ts'
import { float32 } from '../../src/core/tensor.ts'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { ObjectiveInput } from '../../src/objective/kinds.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { refusal } from '../support/refusal.ts'

/** 4×4 pixels of 12 channels: they are the head of stride 1; their means of 2×2 are that of stride 2. */
const model = buildModel({
  inputs: { x: [1, 12, 4, 4] },
  outputs: { fine: [1, 12, 4, 4], coarse: [1, 12, 2, 2] },
  nodes: [
    node('Relu', ['x'], 'features'),
    node('Identity', ['features'], 'fine'),
    node('AveragePool', ['features'], 'pooled', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Identity', ['pooled'], 'coarse'),
  ],
})
// of the coarse cell in the second row and the first column; all others are 0.1
const cell = [0.5, 0.25, 0.4, 0.2, 0.6, 0.3, 0.7, 0.1, 0.8, 0.2, 0.9, 0.35]
const image = float32(
  Array.from({ length: 192 }, (_, i) => (i % 16 >= 8 && i % 4 < 2 ? (cell[Math.floor(i / 16)] as number) : 0.1)),
  [1, 12, 4, 4],
)
const heads = { tensor: ['fine', 'coarse'], axis: 1 } as const
const classes = { ...heads, from: 9, count: 2 }
const explained = (target: ObjectiveInput): Promise<ExplanationData> =>
  explainOne(model, image, { target, featureLayer: 'features', upsample: 'none', normalize: 'none' }, { labels: ['cat', 'dog'] })

/** 16 candidates of the fine head, then four of the coarse one. */
const asked = (boxes: Omit<BoxChannels, 'tensor'>, rest: Partial<Decoding> = {}, box = 18): Promise<ExplanationData> =>
  explained({ kind: 'box', box, decoding: { classes, boxes: { ...heads, count: 4, ...boxes }, ...rest } })
const boxOf = ({ details }: ExplanationData): number[] => (details as { boxes: [{ box: number[] }] }).boxes[0].box
const around = (x: number, y: number, w: number, h: number): number[] => [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const strides = [1, 2]
/** The mean of 0 and 1, weighted by their exponentials. */
const mean = (a: number, b: number): number => Math.exp(b) / (Math.exp(a) + Math.exp(b))

describe('boxes at places, in pixels', () => {
  const anchors = [[[1, 2]], [[3, 1]]] as const
  const wide = (x: number): number => (2 * sigmoid(x) - 0.5) * 2
  test.each<[string, Omit<BoxChannels, 'tensor'>, number[]]>([
    [
      'YOLOX: offsets in cells, sizes as exponentials',
      { format: 'cxcywh', units: 'cells', activations: ['none', 'none', 'exp', 'exp'], places: { strides } },
      around(0.5 * 2, 1.25 * 2, Math.exp(0.4) * 2, Math.exp(0.2) * 2),
    ],
    [
      'YOLO v3: sigmoid offsets, sizes of anchors',
      { format: 'cxcywh', units: 'cells', activations: ['sigmoid', 'sigmoid', 'exp', 'exp'], places: { strides, anchors } },
      around(sigmoid(0.5) * 2, (1 + sigmoid(0.25)) * 2, Math.exp(0.4) * 3, Math.exp(0.2)),
    ],
    [
      'YOLO v5: centres beyond the cell, squared sizes',
      {
        ...{ format: 'cxcywh', units: 'cells', stretch: 2, places: { strides, anchors } },
        activations: ['sigmoid', 'sigmoid', 'squared-sigmoid', 'squared-sigmoid'],
      },
      around(wide(0.5), 2 + wide(0.25), 3 * (2 * sigmoid(0.4)) ** 2, (2 * sigmoid(0.2)) ** 2),
    ],
    [
      'YOLO v4: each level reaches beyond its cells by its own factor',
      {
        ...{ format: 'cxcywh', units: 'cells', stretch: [1.2, 1.1], places: { strides, anchors } },
        activations: ['sigmoid', 'sigmoid', 'exp', 'exp'],
      },
      around((1.1 * sigmoid(0.5) - 0.05) * 2, (1 + 1.1 * sigmoid(0.25) - 0.05) * 2, Math.exp(0.4) * 3, Math.exp(0.2)),
    ],
    ['FCOS: distances in cells', { format: 'ltrb', units: 'cells', places: { strides, offset: 0.5 } }, [1 - 1, 3 - 0.5, 1 + 0.8, 3 + 0.4]],
    ['distances in pixels', { format: 'ltrb', units: 'pixels', places: { strides } }, [-0.5, 2 - 0.25, 0.4, 2 + 0.2]],
    [
      'NanoDet: distances as distributions',
      { format: 'ltrb', units: 'cells', bins: 2, count: 8, places: { strides } },
      [-2 * mean(0.5, 0.25), 2 - 2 * mean(0.4, 0.2), 2 * mean(0.6, 0.3), 2 + 2 * mean(0.7, 0.1)],
    ],
    [
      'RetinaNet: offsets in anchors',
      { format: 'cxcywh', units: 'anchors', activations: ['none', 'none', 'exp', 'exp'], places: { strides, anchors } },
      around(0.5 * 3, 2 + 0.25, Math.exp(0.4) * 3, Math.exp(0.2)),
    ],
    [
      'the same with y first, and variances',
      {
        ...{ format: 'cycxhw', units: 'anchors', variances: [0.1, 0.1, 0.2, 0.2], places: { strides, anchors } },
        activations: ['none', 'none', 'exp', 'exp'],
      },
      around(0.025 * 3, 2 + 0.05, Math.exp(0.04) * 3, Math.exp(0.08)),
    ],
    [
      'CenterNet: sizes apart',
      { format: 'cxcywh', units: 'cells', count: 2, sizes: { ...heads, from: 4, count: 2 }, places: { strides } },
      around(1, 2.5, 1.2, 0.6),
    ],
  ])('%s', async (_, boxes, right) => {
    const found = boxOf(await asked(boxes))
    for (const [i, x] of right.entries()) expect(found[i]).toBeCloseTo(x, 5)
  })

  test('anchors that share an axis: candidates are counted over anchors, rows, columns', async () => {
    const places = { strides, anchors: [anchors[0], anchors[1]].map(([each]) => [[9, 9], each] as const) }
    const decoding: Decoding = {
      objectness: { ...heads, groups: 2, from: 4, count: 1 },
      classes: { ...heads, groups: 2, from: 5 },
      boxes: { ...heads, groups: 2, count: 4, format: 'cxcywh', units: 'cells', places },
    }
    // 32 of the fine head; the second anchor, the second row, the first column
    const found = await explained({ kind: 'box', box: 32 + 4 + 2, decoding })
    expect(found.score).toBeCloseTo(0.9 * 0.35, 6)
    for (const [i, x] of around(0.7 * 2, 1.1 * 2, 0.8 * 3, 0.2).entries()) expect(boxOf(found)[i]).toBeCloseTo(x, 5)
  })
})

describe('scores of heads in several tensors', () => {
  const decoding: Decoding = { objectness: { ...heads, from: 8, count: 1 }, classes, exponents: { objectness: 0.5, classes: 0.5 } }
  test.each<[box: number | number[], formula: string]>([
    [18, 'exp(0.5 * log(coarse[8, 1, 0]) + 0.5 * log(coarse[10, 1, 0]))'],
    [9, 'exp(0.5 * log(fine[8, 2, 1]) + 0.5 * log(fine[10, 2, 1]))'],
    [[9, 18], 'exp(0.5 * log(fine[8, 2, 1]) + 0.5 * log(fine[10, 2, 1])) + exp(0.5 * log(coarse[8, 1, 0]) + 0.5 * log(coarse[10, 1, 0]))'],
  ])('box %j: score and map of the formula', async (box, expression) => {
    const own = await explained({ kind: 'box', box, class: 'dog', decoding })
    const truth = await explained({ kind: 'expression', expression })
    expect(own.score).toBeCloseTo(truth.score, 5)
    expectClose(own.raw.data, truth.raw.data, { atol: 1e-6, rtol: 1e-4 })
  })
})

describe('what does not fit is refused', () => {
  const raw = { format: 'cxcywh', units: 'cells' } as const
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['cells without places', () => asked(raw), /places/],
    ['distances without places', () => asked({ format: 'ltrb', units: 'pixels' }), /places/],
    ['units of anchors without anchors', () => asked({ format: 'cxcywh', units: 'anchors', places: { strides } }), /anchors/],
    ['strides of another pyramid', () => asked({ ...raw, places: { strides: [2, 4] } }), /16 \+ 4 candidates/],
    [
      'two anchors at places of one',
      () =>
        asked({
          ...raw,
          places: {
            strides,
            anchors: [
              [[1, 1]],
              [
                [1, 1],
                [2, 2],
              ],
            ],
          },
        }),
      /2 anchors for 1/,
    ],
    ['groups that do not divide the channels', () => asked({ ...raw, groups: 5, places: { strides } }), /12 channels .* are not 5 groups/],
    ['other numbers of candidates', () => asked(raw, { objectness: { tensor: 'fine', axis: 1, count: 1 } }), /candidates/],
  ])('%s', async (_, attempt, words) => {
    const { code, message } = await refusal(attempt)
    expect([code, message]).toEqual(['bad-target', expect.stringMatching(words)])
  })
})
