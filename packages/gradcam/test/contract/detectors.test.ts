/** @file Families of detectors by shapes, names and metadata; readings that the boxes decide; and what is refused, with the reason. */
import { describe, expect, test } from 'vitest'
import { answerOf } from '../../src/contract/answer.ts'
import type { OutputHints } from '../../src/contract/output-kind.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { explainAll, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

type Outputs = Readonly<Record<string, Shape>>

/** What is told of a network with these outputs, made by `operator`. */
const told = (outputs: Outputs, hints: OutputHints, operator = 'Relu') => {
  const spec: ModelSpec = {
    inputs: { x: ['N', 3, 640, 640] },
    outputs,
    nodes: Object.keys(outputs).map((name) => node(operator, ['x'], name)),
  }
  return answerOf(readModel(buildModel(spec)).graph, () => undefined, hints)
}

const pyramid = 80 * 80 + 40 * 40 + 20 * 20
const ultralytics = (task: string, keypoints?: number): OutputHints['ultralytics'] => ({ task, keypoints })

describe('families', () => {
  test.each<[string, Outputs, OutputHints, string]>([
    ['v8', { output0: ['N', 84, pyramid] }, { labels: 80 }, 'YOLO v8 or later'],
    ['v8 without labels', { output0: ['N', 84, pyramid] }, { labels: 0, ultralytics: ultralytics('detect') }, 'YOLO v8 or later'],
    ['v8, candidates first', { output0: ['N', pyramid, 84] }, { labels: 80 }, 'YOLO v8 or later'],
    ['v8 for images of any size', { output0: ['N', 84, 'cells'] }, { labels: 80, task: 'detection' }, 'YOLO v8 or later'],
    ['v5 for images of any size', { output0: ['N', 'cells', 85] }, { labels: 80, task: 'detection' }, 'YOLO v5 to v7, YOLOX'],
    ['v5', { output0: ['N', 3 * pyramid, 85] }, { labels: 80 }, 'YOLO v5 to v7, YOLOX'],
    ['v5 without labels', { output: ['N', 3 * pyramid, 85] }, { labels: 0 }, 'YOLO v5 to v7, YOLOX'],
    ['-seg', { output0: ['N', 116, pyramid], output1: ['N', 32, 160, 160] }, { labels: 80 }, 'YOLO v8 or later-seg'],
    ['-pose', { output0: ['N', 56, pyramid] }, { labels: 1, ultralytics: ultralytics('pose', 51) }, 'YOLO v8 or later-pose'],
    ['-pose of 4 points', { output0: ['N', 13, pyramid] }, { labels: 1, ultralytics: ultralytics('pose', 8) }, 'YOLO v8 or later-pose'],
    ['-obb', { output0: ['N', 20, pyramid] }, { labels: 15, ultralytics: ultralytics('obb') }, 'YOLO v8 or later-obb'],
    ['end to end', { output0: ['N', 300, 6] }, { labels: 80 }, 'boxes that the model finishes by itself'],
    ['DETR', { logits: ['N', 100, 92], pred_boxes: ['N', 100, 4] }, { labels: 91 }, 'the DETR family'],
    ['DETR of three labels', { logits: ['N', 100, 4], pred_boxes: ['N', 100, 4] }, { labels: 3 }, 'the DETR family'],
    ['RT-DETR of four labels', { logits: ['N', 300, 4], pred_boxes: ['N', 300, 4] }, { labels: 4 }, 'the DETR family'],
    [
      'with auxiliary outputs',
      { logits: ['N', 300, 3], pred_boxes: ['N', 300, 4], enc_topk_logits: ['N', 300, 3], enc_topk_bboxes: ['N', 300, 4] },
      { labels: 3 },
      'the DETR family',
    ],
    ['faces of UltraFace', { scores: ['N', 4420, 2], boxes: ['N', 4420, 4] }, { labels: 1 }, 'boxes and scores'],
    ['boxes without a batch, with their classes', { boxes: [300, 4], labels: [300], scores: [300] }, { labels: 91 }, 'finished boxes'],
    ['heads of YOLO v8', { a: ['N', 144, 80, 80], b: ['N', 144, 40, 40], c: ['N', 144, 20, 20] }, { labels: 80 }, 'YOLO v8 or later, raw'],
    ['boxes with an axis of one', { boxes: ['N', 900, 1, 4], confs: ['N', 900, 80] }, { labels: 80 }, 'boxes and scores'],
  ])('%s', (_, outputs, hints, family) => {
    const { detector, by } = told(outputs, hints)
    expect([by, detector?.family]).toEqual(['box', family])
  })

  test.each([
    ['detect', { output0: ['N', 84, pyramid] }, 80, true],
    ['detect', { output0: ['N', 300, 6] }, 80, true],
    ['obb', { output0: ['N', 20, pyramid] }, 15, undefined],
    [undefined, { output0: ['N', 84, pyramid] }, 80, undefined],
  ] as const)('%s of Ultralytics: %j, boxes cut to the photo: %s', (task, outputs, labels, cut) => {
    const found = told(outputs, { labels, ...(task ? { ultralytics: ultralytics(task) } : {}) }).detector?.readings
    expect(found?.map(({ boxes }) => boxes?.cut)).toEqual([cut, cut])
  })

  test('where the classes lie', () => {
    const classes = (outputs: Outputs, hints: OutputHints) => told(outputs, hints).detector?.readings[0]
    expect(classes({ y: ['N', 116, pyramid], p: ['N', 32, 160, 160] }, { labels: 80 })).toMatchObject({
      boxes: { axis: 1, count: 4, format: 'cxcywh', units: 'pixels' },
      classes: { axis: 1, from: 4, count: 80 },
    })
    expect(classes({ y: ['N', 20, pyramid] }, { labels: 15, ultralytics: ultralytics('obb') })).toMatchObject({
      classes: { axis: 1, from: 4, count: 15 },
      angle: { axis: 1, from: 19, count: 1 },
    })
    expect(classes({ y: ['N', 300, 6] }, { labels: 80 })).toMatchObject({
      boxes: { format: 'xyxy' },
      classes: { from: 4, count: 1 },
      ids: { from: 5, count: 1 },
    })
    expect(classes({ logits: ['N', 100, 4], pred_boxes: ['N', 100, 4] }, { labels: 3 })).toMatchObject({
      boxes: { tensor: 'pred_boxes' },
      classes: { tensor: 'logits', activation: 'softmax', background: 'last' },
    })
  })

  test.each<[string, Outputs, OutputHints]>([
    ['a segmentation', { logits: ['N', 80, 160, 160] }, { labels: 80 }],
    ['a classifier', { logits: ['N', 84] }, { labels: 84 }],
    ['tokens', { last_hidden_state: ['N', 197, 768] }, { labels: 0, task: 'embedding' }],
    ['rows of six of a network without labels', { y: ['N', 50, 6] }, { labels: 0 }],
    ['a network that is said to be something else', { y: ['N', 84, pyramid] }, { labels: 80, task: 'segmentation' }],
  ])('%s is none', (_, outputs, hints) => expect(told(outputs, hints).detector).toBeUndefined())

  test.each<[string, Outputs, OutputHints, RegExp]>([
    [
      'heads of YOLO v5',
      { a: ['N', 3, 80, 80, 85], b: ['N', 3, 40, 40, 85], c: ['N', 3, 20, 20, 85] },
      { labels: 80 },
      /strides and anchors/,
    ],
    ['heads of YOLO v3', { a: ['N', 255, 80, 80], b: ['N', 255, 40, 40], c: ['N', 255, 20, 20] }, { labels: 80 }, /strides and anchors/],
    ['heads of no family', { a: ['N', 148, 80, 80], b: ['N', 148, 40, 40], c: ['N', 148, 20, 20] }, { labels: 80 }, /strides/],
    ['boxes without a batch', { boxes: [300, 4], scores: [300] }, { labels: 91 }, /sorts or filters/],
    ['rows of anything', { y: ['N', 50, 37] }, { labels: 0 }, /y \[N, 50, 37\] \(unknown\)/],
    ['hidden states', { last_hidden_state: ['N', 197, 768] }, { labels: 0 }, /last_hidden_state/],
    ['a detector that is none we know', { y: ['N', 50, 37] }, { labels: 80, task: 'detection' }, /a network for detection/],
  ])('%s: refused with the reason', (_, outputs, hints, words) => {
    const { by, refusal: unread } = told(outputs, hints)
    expect([by, unread?.what]).toEqual(['ask', expect.stringMatching(words)])
    expect(unread?.hint).toContain('target')
  })
})

/** A network that gives out its image, 1 × candidates × numbers, as rows of boxes. */
const rowsOf = (rows: readonly (readonly number[])[], outputs: number): [model: Uint8Array, image: Tensor] => {
  const count = rows.length
  const shape = { type: 'int64' as const, dims: [3], data: BigInt64Array.of(1n, BigInt(count), BigInt(outputs)) }
  const model = buildModel({
    inputs: { x: [1, 1, count, outputs] },
    outputs: { out: [1, count, outputs] },
    weights: { shape },
    nodes: [node('Relu', ['x'], 'features'), node('Reshape', ['features', 'shape'], 'out')],
  })
  return [model, float32(rows.flat(), [1, 1, count, outputs])]
}

describe('readings that the boxes decide', () => {
  const labels = ['cat', 'dog']
  const asked = { featureLayer: 'features', upsample: 'none' } as const
  // rows of six with two labels: a finished box, or two scores behind centre, width and height
  const other = Array.from({ length: 6 }, () => [3, 2, 1, 1, 0, 0])

  test('a box, its score and the number of its class', async () => {
    const [model, image] = rowsOf([[1, 1, 4, 5, 0.9, 1], [2, 1, 5, 3, 0.4, 0], ...other.map(() => [1, 1, 2, 3, 0.01, 0])], 6)
    const [[best] = []] = await explainAll(model, image, asked, { labels })
    expect(best).toMatchObject({ label: 'box 0: dog', details: { boxes: [{ index: 1, box: [1, 1, 4, 5] }] } })
    expect(best?.score).toBeCloseTo(0.9, 6)
    // d score / d x: the score is one number of the image
    expect(
      await refusal(() => explainAll(model, image, { ...asked, target: { kind: 'box', box: 1, class: 'dog' } }, { labels })),
    ).toMatchObject({
      code: 'target-absent',
    })
  })

  test('centre, size and two scores', async () => {
    const [model, image] = rowsOf([[3, 4, 2, 2, 0.2, 0.7], [2, 4, 1, 2, 0.3, 0.25], ...other], 6)
    const [[best] = []] = await explainAll(model, image, asked, { labels })
    expect(best).toMatchObject({ label: 'box 0: dog', details: { boxes: [{ index: 1, box: [2, 3, 4, 5] }] } })
  })

  test('boxes that cannot be meant', async () => {
    const [model, image] = rowsOf([[40, 4, 2, 2, 0.2, 0.7], [50, 40, 1, 2, 0.3, 0.25], ...other.map(() => [60, 3, 1, 1, 0, 0.1])], 6)
    expect(await refusal(() => explainAll(model, image, asked, { labels }))).toMatchObject({ code: 'bad-target' })
  })

  test('turned boxes are shown by the upright ones around them', async () => {
    const [model, image] = rowsOf([[3, 4, 4, 2, 0.2, 0.7, Math.PI / 2], ...other.map((row) => [...row, 0])], 7)
    const decoding = {
      boxes: { tensor: 'out', count: 4, format: 'cxcywh', units: 'pixels' },
      classes: { tensor: 'out', from: 4, count: 2 },
      angle: { tensor: 'out', from: 6, count: 1 },
    } as const
    const [[box] = []] = await explainAll(model, image, { ...asked, target: { kind: 'box', class: 'dog', decoding } }, { labels })
    const { boxes } = (box as ExplanationData).details as unknown as { boxes: [{ box: number[] }] }
    // a quarter turn: 4×2 becomes 2×4
    for (const [i, x] of [2, 2, 4, 6].entries()) expect(boxes[0].box[i]).toBeCloseTo(x, 5)
  })
})

test('NonMaxSuppression inside: the candidates that it chooses from, without places, as corners may be x or y first', async () => {
  const one = { type: 'int64' as const, dims: [1], data: BigInt64Array.of(5n) }
  const model = buildModel({
    inputs: { x: [1, 1, 8, 6] },
    outputs: { chosen: ['n', 3] },
    weights: {
      shape: { type: 'int64', dims: [3], data: BigInt64Array.of(1n, 8n, 6n) },
      parts: { type: 'int64', dims: [2], data: BigInt64Array.of(4n, 2n) },
      most: one,
      overlap: float32([0.5], [1]),
    },
    nodes: [
      node('Relu', ['x'], 'features'),
      node('Reshape', ['features', 'shape'], 'rows'),
      node('Split', ['rows', 'parts'], ['boxes', 'each'], { axis: 2 }),
      node('Transpose', ['each'], 'scores', { perm: [0, 2, 1] }),
      node('NonMaxSuppression', ['boxes', 'scores', 'most', 'overlap'], 'chosen'),
    ],
  })
  const values = Array.from({ length: 8 }, (_, i) => [i, i, i + 2, i + 1, i === 5 ? 0.8 : 0.1, 0.2]).flat()
  const image = float32(values, [1, 1, 8, 6])
  const [[best] = []] = await explainAll(model, image, { featureLayer: 'features', upsample: 'none' }, { labels: ['cat', 'dog'] })
  expect(best?.label).toBe('box 5: cat')
  expect(best?.score).toBeCloseTo(0.8, 6)
})

describe('a class axis at any place', () => {
  /** x [2, 3, 8, 8] → features → logits [N, 4] → whatever comes. */
  const net = (shape: Shape, nodes: ModelSpec['nodes'], weights: ModelSpec['weights'] = {}): Uint8Array =>
    buildModel({
      inputs: { x: ['N', 3, 8, 8] },
      outputs: { y: shape },
      weights: { w: numbers(1, [6, 3, 3, 3], -0.5, 0.5), fc: numbers(2, [6, 4]), ...weights },
      nodes: [
        node('Conv', ['x', 'w'], 'c'),
        node('Relu', ['c'], 'features'),
        node('GlobalAveragePool', ['features'], 'p'),
        node('Flatten', ['p'], 'flat'),
        node('MatMul', ['flat', 'fc'], 'logits'),
        ...nodes,
      ],
    })
  const axes = { type: 'int64' as const, dims: [2], data: BigInt64Array.of(1n, 2n) }
  const k = { type: 'int64' as const, dims: [1], data: BigInt64Array.of(2n) }
  const photo = numbers(5, [2, 3, 8, 8])
  const plain = net(['N', 4], [node('Identity', ['logits'], 'y')])

  test.each<[string, Uint8Array]>([
    ['[N, 1, 1, C]', net(['N', 1, 1, 4], [node('Unsqueeze', ['logits', 'axes'], 'y')], { axes })],
    ['TopK', net(['N', 2], [node('TopK', ['logits', 'k'], ['y', 'ranks'])], { k })],
    ['ArgMax', net(['N', 1], [node('ArgMax', ['logits'], 'y', { axis: 1 })])],
    [
      'a softmax times 100',
      net(['N', 4], [node('Softmax', ['logits'], 's'), node('Mul', ['s', 'c100'], 'y')], { c100: float32([100], []) }),
    ],
  ])('%s: maps and best classes of the logits, image by image', async (_, model) => {
    for (const target of ['top-1', 2] as const) {
      const right = (await explainAll(plain, photo, { target, featureLayer: 'features', upsample: 'none', normalize: 'none' })).flat()
      const own = (await explainAll(model, photo, { target, featureLayer: 'features', upsample: 'none', normalize: 'none' })).flat()
      expect(own.map(({ index }) => index)).toEqual(right.map(({ index }) => index))
      for (const [n, { raw, logit }] of own.entries()) {
        expect(logit).toBeCloseTo(right[n]?.logit ?? Number.NaN, 5)
        for (const [i, value] of raw.data.entries()) expect(value).toBeCloseTo(right[n]?.raw.data[i] ?? Number.NaN, 5)
      }
    }
  })

  test('channels last: predict gives shares of the picture', async () => {
    const model = buildModel({
      inputs: { x: [1, 3, 8, 8] },
      outputs: { y: [1, 8, 8, 3] },
      nodes: [node('Relu', ['x'], 'features'), node('Transpose', ['features'], 'y', { perm: [0, 2, 3, 1] })],
    })
    // left quarter red, the rest green; nothing blue
    const data = new Float32Array(192)
    for (let i = 0; i < 64; i++) data[(i % 8 < 2 ? 0 : 64) + i] = 1
    const top = await withNetwork(
      model,
      (network) => network.predict({ tensor: float32(data, [1, 3, 8, 8]), region: undefined, photo: undefined }, 3),
      { labels: ['red', 'green', 'blue'] },
    )
    expect(top.map(({ label, score }) => [label, score])).toEqual([
      ['green', 0.75],
      ['red', 0.25],
      ['blue', 0],
    ])
  })
})
