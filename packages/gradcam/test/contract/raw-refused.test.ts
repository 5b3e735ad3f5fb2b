/** @file Raw heads that cannot be read, or in several ways; decoded boxes that count like raw ones; and neighbours that are no detectors. */
import { describe, expect, test } from 'vitest'
import { answerOf } from '../../src/contract/answer.ts'
import type { Decoding } from '../../src/contract/decoding.ts'
import type { OutputHints } from '../../src/contract/output-kind.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { explainOne } from '../support/explain.ts'
import { ratioThenSize, sizeThenRatio, theOneBox, toOneBox } from '../support/raw-anchors.ts'
import { cellsOf, rawDetector, rawPicture } from '../support/raw-detectors.ts'
import { type RawCase, rawFamilies } from '../support/raw-families.ts'
import { refusal } from '../support/refusal.ts'

const labels = ['red', 'green', 'blue']
const modelOf = (family: RawCase): Uint8Array => buildModel(rawDetector(family))
const boxOf = ({ details }: { details?: unknown }): number[] => (details as { boxes: [{ box: number[] }] }).boxes[0].box

describe('anchors of which only one answers', () => {
  // the middle anchor of a place is the same in all orders but EfficientDet's
  const joined: RawCase = { ...rawFamilies['RetinaNet of torchvision'], only: 1 }

  test('boxes do not tell whose anchors they are: refused, all named', async () => {
    const error = await refusal(() => explainOne(modelOf(joined), rawPicture(joined), {}, { labels }))
    expect(error).toMatchObject({ code: 'bad-target', message: expect.stringMatching(/ways: anchors of torchvision.*; or anchors of/) })
    expect(error.hint).toContain('"decoding"')
  })

  test('the names of torchvision are followed, with a warning', async () => {
    const names = { a: 'cls_logits', b: 'bbox_regression' } as Readonly<Record<string, string>>
    const named: RawCase = {
      ...joined,
      outputs: Object.fromEntries(Object.entries(joined.outputs).map(([name, shape]) => [names[name] ?? name, shape])),
      nodes: [...joined.nodes, node('Identity', ['a'], 'cls_logits'), node('Identity', ['b'], 'bbox_regression')],
    }
    const why = await explainOne(modelOf(named), rawPicture(joined), { target: 'box:red' }, { labels })
    expect(why.warnings.map(({ code }) => code)).toEqual(['decoding-assumed'])
    for (const [i, x] of theOneBox(24, 8, 8).entries()) expect(Math.abs((boxOf(why)[i] ?? Number.NaN) - x)).toBeLessThan(1)
  })

  test('a decoding that is given is followed without a word', async () => {
    const strides = [8, 16, 32, 64, 128]
    const decoding: Decoding = {
      classes: { tensor: 'a', activation: 'sigmoid' },
      boxes: {
        ...{ tensor: 'b', format: 'cxcywh', units: 'anchors', activations: ['none', 'none', 'exp', 'exp'] },
        places: { strides, anchors: strides.map(ratioThenSize) },
      },
    }
    const why = await explainOne(modelOf(joined), rawPicture(joined), { target: { kind: 'box', class: 'red', decoding } }, { labels })
    expect(why.warnings).toEqual([])
    for (const [i, x] of theOneBox(24, 8, 8).entries()) expect(boxOf(why)[i]).toBeCloseTo(x, 3)
  })
})

test('per stride, several agree on a box in one order alone: detectron2 is not MMDetection', async () => {
  const other: RawCase = {
    ...rawFamilies['RetinaNet of MMDetection'],
    constants: [{ name: 'reg', values: toOneBox(sizeThenRatio, 0, false) }],
  }
  const why = await explainOne(modelOf(other), rawPicture(other), { target: 'box:blue' }, { labels })
  for (const [i, x] of theOneBox(32, 64, 32).entries()) expect(Math.abs((boxOf(why)[i] ?? Number.NaN) - x)).toBeLessThan(1)
})

type Outputs = ModelSpec['outputs']

/** What is told of a network with these outputs, for pictures of 640 pixels. */
const told = (outputs: Outputs, hints: OutputHints) => {
  const nodes = Object.keys(outputs).map((name) => node('Relu', ['x'], name))
  const { graph } = readModel(buildModel({ inputs: { x: [1, 3, 640, 640] }, outputs, nodes }))
  return answerOf(graph, () => undefined, hints)
}
const grids = (name: string, channels: number, sides: readonly number[]): Outputs =>
  Object.fromEntries(sides.map((side) => [`${name}${side}`, [1, channels, side, side]]))
const three = [80, 40, 20]
const five = [80, 40, 20, 10, 5]

describe('neighbours that are none of these families', () => {
  test.each<[string, Outputs, number]>([
    ['a classifier of thousands of classes', { y: [1, 8400] }, 8400],
    ['a classifier with rows of scores', { y: [1, 8400, 3] }, 3],
    ['words of a picture', { y: [1, 8400, 85] }, 100],
    ['three segmentations of several scales', grids('y', 80, three), 80],
    ['a segmentation beside depth and edges', { seg: [1, 80, 160, 160], depth: [1, 1, 160, 160], edges: [1, 2, 160, 160] }, 80],
    ['a segmentation with a regression map', { seg: [1, 80, 160, 160], flow: [1, 2, 160, 160] }, 80],
    ['embeddings of three scales', grids('features', 256, three), 0],
    ['heads of FCOS of another pyramid', { ...grids('c', 80, three), ...grids('b', 4, three), ...grids('o', 1, three) }, 80],
    ['one place too few', { cls: [1, 8399, 80], box: [1, 8399, 4], centre: [1, 8399, 1] }, 80],
    ['SCRFD for eighty classes', { s: [1, 12800, 1], b: [1, 12800, 4], k: [1, 12800, 10] }, 80],
    ['YOLO v8 with other labels', grids('y', 144, three), 79],
  ])('%s', (_, outputs, count) =>
    expect(told(outputs, { labels: count }).detector?.family ?? '').not.toMatch(/raw|NanoDet|SCRFD|FCOS|CenterNet|Retina/),
  )

  test.each<[string, Outputs, number, RegExp, RegExp]>([
    [
      'YOLO v5',
      Object.fromEntries(three.map((n) => [`y${n}`, [1, 3, n, n, 85]])),
      80,
      /strides and anchors/,
      /"axis":4.*"strides":\[8,16,32\]/,
    ],
    ['YOLO v3', grids('y', 255, three), 80, /strides and anchors/, /"groups":3.*"anchors":\[\[\[10, 13\]/],
    ['two heads a scale', { ...grids('c', 80, three), ...grids('b', 4, three) }, 80, /strides/, /decoding/],
    [
      'classes, boxes and objectness',
      { ...grids('c', 80, three), ...grids('b', 4, three), ...grids('o', 1, three) },
      80,
      /strides/,
      /decoding/,
    ],
    [
      'maps of CenterNet without names',
      { a: [1, 80, 160, 160], b: [1, 2, 160, 160], c: [1, 2, 160, 160] },
      80,
      /sizes and offsets/,
      /"sizes"/,
    ],
  ])('%s: refused, with what is missing', (_, outputs, count, what, hint) => {
    const { by, refusal: unread } = told(outputs, { labels: count })
    expect([by, unread?.what]).toEqual(['ask', expect.stringMatching(what)])
    expect(unread?.hint).toMatch(hint)
  })

  test('a segmentation that is said to be one', () => {
    const maps = { a: [1, 80, 160, 160], b: [1, 2, 160, 160], c: [1, 2, 160, 160] }
    expect(told(maps, { labels: 80, task: 'segmentation' }).by).toBe('places')
    expect(
      told({ ...grids('c', 80, five), ...grids('b', 4, five), ...grids('o', 1, five) }, { labels: 80, task: 'segmentation' }).detector,
    ).toBe(undefined)
  })
})

test('boxes that YOLOX has decoded itself are read as they are', async () => {
  const { YOLOX } = rawFamilies
  const strides = [8, 16, 32]
  // (offset + cell) · stride and the exponential of sizes, in the graph
  const cells = strides.flatMap((s) => Array.from({ length: cellsOf(s) ** 2 }, (_, i) => [i % cellsOf(s), Math.floor(i / cellsOf(s)), s]))
  const side = (of: (cell: number[]) => number[]) => ({
    type: 'float32' as const,
    dims: [1, cells.length, 2],
    data: Float32Array.from(cells.flatMap(of)),
  })
  const parts = { type: 'int64' as const, dims: [3], data: BigInt64Array.of(2n, 2n, 4n) }
  const decoded: RawCase = {
    ...YOLOX,
    outputs: { boxes: YOLOX.outputs.output },
    weights: { parts, corners: side(([x = 0, y = 0]) => [x, y]), strides: side(([, , s = 0]) => [s, s]) },
    nodes: [
      ...YOLOX.nodes,
      node('Split', ['output', 'parts'], ['centre', 'size', 'rest'], { axis: 2 }),
      node('Add', ['centre', 'corners'], 'centre/cells'),
      node('Mul', ['centre/cells', 'strides'], 'centre/pixels'),
      node('Exp', ['size'], 'size/cells'),
      node('Mul', ['size/cells', 'strides'], 'size/pixels'),
      node('Concat', ['centre/pixels', 'size/pixels', 'rest'], 'boxes', { axis: 2 }),
    ],
  }
  for (const names of [labels, []]) {
    const why = await explainOne(modelOf(decoded), rawPicture(decoded), { target: 'box:0' }, { labels: names })
    expect(why.warnings.some(({ code }) => code === 'decoding-assumed')).toBe(false)
    const best = await explainOne(modelOf(decoded), rawPicture(decoded), { target: 'box:2' }, { labels: names })
    expect(best.label).toMatch(/^box 2: (red|green|blue|class [012])$/)
    const red = await explainOne(modelOf(decoded), rawPicture(decoded), { target: { kind: 'box', box: 19, class: 0 } }, { labels: names })
    for (const [i, x] of YOLOX.box(24, 8, 8).entries()) expect(Math.abs((boxOf(red)[i] ?? Number.NaN) - x)).toBeLessThan(1)
  }
})

test('boxes that RetinaNet has decoded itself are read as they are', async () => {
  const raw: RawCase = rawFamilies['RetinaNet of torchvision']
  const strides = [8, 16, 32, 64, 128]
  const anchors = strides.flatMap((s) =>
    Array.from({ length: cellsOf(s) ** 2 }, (_, i) =>
      ratioThenSize(s).map(([w, h]) => [(i % cellsOf(s)) * s, Math.floor(i / cellsOf(s)) * s, w, h]),
    ).flat(),
  )
  const each = (from: number): Tensor =>
    float32(
      anchors.flatMap((anchor) => anchor.slice(from, from + 2)),
      [1, anchors.length, 2],
    )
  const decoded: RawCase = {
    ...raw,
    outputs: { scores: raw.outputs['a'] ?? [], boxes: raw.outputs['b'] ?? [] },
    weights: {
      ...raw.weights,
      ...{ places: each(0), sizes: each(2), two: float32([2], []) },
      parts: { type: 'int64', dims: [2], data: BigInt64Array.of(2n, 2n) },
    },
    nodes: [
      ...raw.nodes,
      node('Sigmoid', ['a'], 'scores'),
      node('Split', ['b', 'parts'], ['shift', 'grow'], { axis: 2 }),
      node('Mul', ['shift', 'sizes'], 'shift/pixels'),
      node('Add', ['shift/pixels', 'places'], 'centre'),
      node('Exp', ['grow'], 'grown'),
      node('Mul', ['grown', 'sizes'], 'size'),
      node('Div', ['size', 'two'], 'half-size'),
      node('Sub', ['centre', 'half-size'], 'first'),
      node('Add', ['centre', 'half-size'], 'last'),
      node('Concat', ['first', 'last'], 'boxes', { axis: 2 }),
    ],
  }
  const why = await explainOne(modelOf(decoded), rawPicture(decoded), { target: 'box:blue' }, { labels })
  expect(why.warnings).toEqual([])
  expect(why.score).toBeCloseTo(raw.score(4), 5)
  for (const [i, x] of theOneBox(32, 64, 32).entries()) expect(boxOf(why)[i]).toBeCloseTo(x, 3)
})
