/** @file Raw heads of families as their exporters write them, and the box of each thing by hand. */
import type { Tensor } from '../../src/core/tensor.ts'
import { node, type NodeSpec } from './build.ts'
import { efficientDet, ratioThenSize, sizeThenRatio, theOneBox, toOneBox } from './raw-anchors.ts'
import { cellsOf, joinedRows, logistic, placesOf, type RawFamily, rawThings, type RawThing, rows, type Things } from './raw-detectors.ts'

export interface RawCase extends RawFamily {
  /** What the family is called. */
  family: RegExp
  /** x1, y1, x2, y2 in pixels of the thing whose cell begins at x, y. */
  box: (x: number, y: number, stride: number) => number[]
  /** Of the logit of its class. */
  score: (logit: number) => number
  /** Where there is one class only: the number of the candidate that has found a thing. */
  candidate?: (thing: RawThing) => number
  /** Whether other conventions have as many numbers. */
  several?: true
  /** Warnings that belong to it. */
  warnings?: readonly string[]
}

const around = (x: number, y: number, w: number, h: number): number[] => [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
const beside = (x: number, y: number, s: number, [l, t, r, b]: readonly number[]): number[] => [
  x - (l as number) * s,
  y - (t as number) * s,
  x + (r as number) * s,
  y + (b as number) * s,
]

export function rawBox({ box, things = rawThings }: RawCase, thing: RawThing): number[] {
  const { stride, column, row } = things[thing]
  return box(column * stride, row * stride, stride)
}

const three = [8, 16, 32]
const four = [8, 16, 32, 64]
const five = [8, 16, 32, 64, 128]
const plus = (strides: readonly number[], make: (s: number) => NodeSpec[]): NodeSpec[] => strides.flatMap(make)
const perStride = (strides: readonly number[], name: string, channels: number): Record<string, number[]> =>
  Object.fromEntries(strides.map((s) => [`${name}${s}`, [1, channels, cellsOf(s), cellsOf(s)]]))
const int64 = (values: readonly number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const sides = [1, 2, 3, 1]
/** Distributions whose means are the distances of a box, all but 0.001 of a cell. */
const distributions = (bins: number) => (): number[] =>
  sides.flatMap((side) => Array.from({ length: bins }, (_, k) => (k === side ? 12 : 0)))
const sigmoids = (strides: readonly number[]): NodeSpec[] => strides.map((s) => node('Sigmoid', [`cls${s}`], `p${s}`))

/** Nine anchors a place, [1, 9·C, rows, columns], as [1, 9·places, C]. */
const anchorRows = (from: string, to: string, channels: string): NodeSpec[] => [
  ...plus(five, (s) => [
    node('Reshape', [`${from}${s}`, channels], `${from}${s}/apart`),
    node('Transpose', [`${from}${s}/apart`], `${from}${s}/last`, { perm: [0, 3, 1, 2] }),
    node('Reshape', [`${from}${s}/last`, `${channels}/rows`], `${from}${s}/rows`),
  ]),
  node(
    'Concat',
    five.map((s) => `${from}${s}/rows`),
    to,
    { axis: 1 },
  ),
]
const anchorShapes = {
  nine3: int64([0, 9, 3, -1]),
  nine4: int64([0, 9, 4, -1]),
  'nine3/rows': int64([0, -1, 3]),
  'nine4/rows': int64([0, -1, 4]),
}

/** SCRFD: two anchors a place, of which the second is less sure. */
const faces = (
  batched: boolean,
): Pick<RawCase, 'nodes' | 'weights' | 'constants' | 'strides' | 'family' | 'box' | 'score' | 'candidate'> => ({
  family: /SCRFD/,
  strides: three,
  constants: [
    { name: 'reg', values: () => [1, 1.5, 1.5, 0.75, 2, 2, 2, 2] },
    { name: 'points', values: () => Array.from({ length: 20 }, (_, k) => k / 10) },
  ],
  weights: {
    one: { type: 'float32', dims: [2, 3, 1, 1], data: Float32Array.of(8, 8, 8, 8, 8, 8) },
    bias: { type: 'float32', dims: [2], data: Float32Array.of(-4, -6) },
    ...Object.fromEntries([1, 4, 10].map((k) => [`by${k}`, int64(batched ? [0, -1, k] : [-1, k])])),
  },
  nodes: plus(three, (s) => [
    node('Conv', [`features${s}`, 'one', 'bias'], `face${s}`),
    node('Sigmoid', [`face${s}`], `sure${s}`),
    ...(
      [
        ['sure', 'score', 1],
        ['reg', 'bbox', 4],
        ['points', 'kps', 10],
      ] as const
    ).flatMap(([from, to, k]) => [
      node('Transpose', [`${from}${s}`], `${from}${s}/last`, { perm: batched ? [0, 2, 3, 1] : [2, 3, 0, 1] }),
      node('Reshape', [`${from}${s}/last`, `by${k}`], `${to}${s}`),
    ]),
  ]),
  box: (x, y, s) => beside(x, y, s, [1, 1.5, 1.5, 0.75]),
  score: logistic,
  candidate(thing) {
    const { stride, column, row } = rawThings[thing]
    const before = three.filter((s) => s < stride).reduce((sum, s) => sum + 2 * cellsOf(s) ** 2, 0)
    return before + 2 * (row * cellsOf(stride) + column)
  },
})
const faceOutputs = (order: readonly (readonly [string, number, number])[], batched: boolean): Record<string, number[]> =>
  Object.fromEntries(order.map(([name, s, k]) => [`${name}${s}`, [...(batched ? [1] : []), 2 * cellsOf(s) ** 2, k]]))
const parts = [
  ['score', 1],
  ['bbox', 4],
  ['kps', 10],
] as const
const byHead = parts.flatMap(([name, k]) => three.map((s) => [name, s, k] as const))
const byStride = three.flatMap((s) => parts.map(([name, k]) => [name, s, k] as const))

const centres: Things = {
  red: { stride: 4, column: 6, row: 3 },
  green: { stride: 4, column: 20, row: 9 },
  blue: { stride: 4, column: 10, row: 25 },
}
const centred = {
  family: /CenterNet/,
  strides: [4],
  things: centres,
  constants: [
    { name: 'size', values: () => [5, 3] },
    { name: 'shift', values: () => [0.25, 0.75] },
  ],
  box: (x: number, y: number) => around(x + 1, y + 3, 20, 12),
  score: logistic,
}
const retina = { several: true as const, family: /RetinaNet or EfficientDet/, strides: five, anchors: 9, box: theOneBox, score: logistic }
const retinaJoined = {
  ...retina,
  weights: anchorShapes,
  outputs: { a: [1, 9 * placesOf(five), 3], b: [1, 9 * placesOf(five), 4] },
  nodes: [...anchorRows('cls', 'a', 'nine3'), ...anchorRows('reg', 'b', 'nine4')],
}
const retinaApart = { ...retina, outputs: { ...perStride(five, 'cls', 27), ...perStride(five, 'reg', 36) }, nodes: [] }

export const rawFamilies = {
  YOLOX: {
    family: /YOLOX/,
    strides: three,
    constants: [
      { name: 'reg', values: () => [0.25, 0.75, 0.4, 0.1] },
      { name: 'obj', values: () => [2] },
    ],
    outputs: { output: [1, placesOf(three), 8] },
    nodes: [
      ...three.flatMap((s) => [
        node('Sigmoid', [`obj${s}`], `sure${s}`),
        node('Sigmoid', [`cls${s}`], `kind${s}`),
        node('Concat', [`reg${s}`, `sure${s}`, `kind${s}`], `all${s}`, { axis: 1 }),
      ]),
      ...joinedRows(three, 'all', 'output'),
    ],
    box: (x, y, s) => around(x + 0.25 * s, y + 0.75 * s, s * Math.exp(0.4), s * Math.exp(0.1)),
    score: (logit) => logistic(2) * logistic(logit),
  },
  'YOLO v8 by scale': {
    family: /YOLO v8 or later, raw/,
    strides: three,
    constants: [{ name: 'reg', values: distributions(16) }],
    outputs: perStride(three, 'out', 67),
    nodes: plus(three, (s) => [node('Concat', [`reg${s}`, `cls${s}`], `out${s}`, { axis: 1 })]),
    box: (x, y, s) => beside(x + s / 2, y + s / 2, s, sides),
    score: logistic,
  },
  'YOLO v8 with classes apart, probabilities': {
    family: /YOLO v8 or later, raw/,
    strides: three,
    constants: [{ name: 'reg', values: distributions(16) }],
    outputs: { ...perStride(three, 'reg', 64), ...perStride(three, 'p', 3) },
    nodes: sigmoids(three),
    box: (x, y, s) => beside(x + s / 2, y + s / 2, s, sides),
    score: logistic,
  },
  'NanoDet-Plus': {
    family: /^NanoDet-Plus$/,
    strides: four,
    constants: [{ name: 'reg', values: distributions(8) }],
    outputs: { output: [1, placesOf(four), 35] },
    nodes: [
      ...sigmoids(four),
      ...plus(four, (s) => [node('Concat', [`p${s}`, `reg${s}`], `all${s}`, { axis: 1 })]),
      ...joinedRows(four, 'all', 'output'),
    ],
    box: (x, y, s) => beside(x, y, s, sides),
    score: logistic,
  },
  'NanoDet by scale': {
    family: /^NanoDet$/,
    strides: three,
    constants: [{ name: 'reg', values: distributions(8) }],
    outputs: Object.fromEntries(
      three.flatMap((s) => [
        [`cls_pred_stride_${s}`, [1, cellsOf(s) ** 2, 3]],
        [`dis_pred_stride_${s}`, [1, cellsOf(s) ** 2, 32]],
      ]),
    ),
    nodes: [
      ...sigmoids(three),
      ...plus(three, (s) => [...rows(`p${s}`, `cls_pred_stride_${s}`), ...rows(`reg${s}`, `dis_pred_stride_${s}`)]),
    ],
    box: (x, y, s) => beside(x + s / 2, y + s / 2, s, sides),
    score: logistic,
  },
  'SCRFD by head': { ...faces(true), outputs: faceOutputs(byHead, true) },
  'SCRFD by stride, without a batch': { ...faces(false), outputs: faceOutputs(byStride, false) },
  'FCOS of torchvision': {
    family: /FCOS/,
    strides: five,
    constants: [
      { name: 'reg', values: () => [1.5, 1.75, 2.5, 1.5] },
      { name: 'centre', values: () => [2] },
    ],
    outputs: { cls_logits: [1, placesOf(five), 3], bbox_regression: [1, placesOf(five), 4], bbox_ctrness: [1, placesOf(five), 1] },
    nodes: [
      ...joinedRows(five, 'cls', 'cls_logits'),
      ...joinedRows(five, 'reg', 'bbox_regression'),
      ...joinedRows(five, 'centre', 'bbox_ctrness'),
    ],
    box: (x, y, s) => beside(x, y, s, [1.5, 1.75, 2.5, 1.5]),
    score: (logit) => Math.sqrt(logistic(2) * logistic(logit)),
  },
  'FCOS of MMDetection': {
    several: true,
    family: /FCOS/,
    strides: five,
    constants: [
      { name: 'reg', values: (s) => [1.5 * s, 1.75 * s, 2.5 * s, 1.5 * s] },
      { name: 'centre', values: () => [2] },
    ],
    outputs: { ...perStride(five, 'cls', 3), ...perStride(five, 'reg', 4), ...perStride(five, 'centre', 1) },
    nodes: [],
    box: (x, y, s) => beside(x + s / 2, y + s / 2, s, [1.5, 1.75, 2.5, 1.5]),
    score: (logit) => logistic(2) * logistic(logit),
  },
  'FCOS of AdelaiDet': {
    several: true,
    family: /FCOS/,
    strides: five,
    constants: [
      { name: 'reg', values: () => [1.5, 1.75, 2.5, 1.5] },
      { name: 'centre', values: () => [2] },
    ],
    outputs: { ...perStride(five, 'cls', 3), ...perStride(five, 'reg', 4), ...perStride(five, 'centre', 1) },
    nodes: [],
    box: (x, y, s) => beside(x + s / 2, y + s / 2, s, [1.5, 1.75, 2.5, 1.5]),
    score: (logit) => Math.sqrt(logistic(2) * logistic(logit)),
  },
  CenterNet: {
    ...centred,
    outputs: { hm: [1, 3, 32, 32], wh: [1, 2, 32, 32], reg: [1, 2, 32, 32] },
    nodes: [node('Identity', ['cls4'], 'hm'), node('Identity', ['size4'], 'wh'), node('Identity', ['shift4'], 'reg')],
  },
  'CenterNet, finished heatmap': {
    ...centred,
    outputs: { offset_preds: [1, 2, 32, 32], wh_preds: [1, 2, 32, 32], center_heatmap_preds: [1, 3, 32, 32] },
    nodes: [
      node('Sigmoid', ['cls4'], 'center_heatmap_preds'),
      node('Identity', ['size4'], 'wh_preds'),
      node('Identity', ['shift4'], 'offset_preds'),
    ],
  },
  'RetinaNet of torchvision': { ...retinaJoined, constants: [{ name: 'reg', values: toOneBox(ratioThenSize, 0, false) }] },
  'RetinaNet of detectron2, joined': { ...retinaJoined, constants: [{ name: 'reg', values: toOneBox(sizeThenRatio, 0, false) }] },
  'EfficientDet, joined': { ...retinaJoined, constants: [{ name: 'reg', values: toOneBox(efficientDet, 0.5, true) }] },
  'RetinaNet of MMDetection': { ...retinaApart, constants: [{ name: 'reg', values: toOneBox(ratioThenSize, 0, false) }] },
  'RetinaNet of detectron2': { ...retinaApart, constants: [{ name: 'reg', values: toOneBox(sizeThenRatio, 0, false) }] },
  EfficientDet: { ...retinaApart, constants: [{ name: 'reg', values: toOneBox(efficientDet, 0.5, true) }] },
} satisfies Record<string, RawCase>
