/** @file Preprocessing inside the graph is found, and not done twice: scores of an even photo that arithmetic by hand gives. */
import { describe, expect, test } from 'vitest'
import { chooseImage } from '../../src/contract/choose-image.ts'
import { type InGraph, inGraph } from '../../src/contract/in-graph.ts'
import { inputFacts } from '../../src/contract/inputs.ts'
import { load } from '../../src/node/index.ts'
import type { Pixels } from '../../src/core/pixels.ts'
import { type ElementType, float32, type Tensor } from '../../src/core/tensor.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { buildModel, type ModelSpec, node, type NodeSpec } from '../support/build.ts'

const rgb = [200, 100, 50]
const photo: Pixels = { width: 8, height: 8, channels: 3, data: Uint8Array.from({ length: 192 }, (_, i) => rgb[i % 3] as number) }
const mean = [0.485, 0.456, 0.406]
const std = [0.229, 0.224, 0.225]
const caffe = [103.939, 116.779, 123.68]
const ints = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const perChannel = (values: readonly number[]): Tensor => float32([...values], [values.length, 1, 1])
const one = (value: number): Tensor => float32([value], [])
const of = (f: (level: number, c: number) => number): number[] => rgb.map(f)

/** x → what is given → Conv that leaves channels as they are → means of channels. */
const model = (nodes: NodeSpec[], weights: ModelSpec['weights'], shape: Shape, type: ElementType): Uint8Array =>
  buildModel({
    inputs: { x: shape },
    outputs: { logits: [1, 3] },
    nodes: [
      ...nodes,
      node('Conv', [nodes.at(-1)?.outputs[0] ?? 'x', 'same'], 'c'),
      node('GlobalAveragePool', ['c'], 'p'),
      node('Flatten', ['p'], 'logits'),
    ],
    weights: { same: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]), ...weights },
    type,
  })

const apart = [0, 1, 2].flatMap((c) => [
  node('Gather', ['x', `i${c}`], `g${c}`, { axis: 1 }),
  node('Unsqueeze', [`g${c}`, 'axis'], `u${c}`),
  node('Mul', [`u${c}`, `m${c}`], `v${c}`),
  node('Add', [`v${c}`, `a${c}`], `w${c}`),
])
const index = (value: number): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) })

interface Row {
  what: string
  nodes: NodeSpec[]
  weights: NonNullable<ModelSpec['weights']>
  shape?: Shape
  type?: ElementType
  /** Undefined: the graph tells nothing. */
  values: NonNullable<InGraph['values']>['value']['name'] | undefined
  order?: 'rgb' | 'bgr'
  logits: number[]
}

const rows: Row[] = [
  {
    what: 'Div 255, Sub mean, Div std',
    nodes: [node('Div', ['x', 'h'], 'a'), node('Sub', ['a', 'm'], 'b'), node('Div', ['b', 's'], 'd')],
    weights: { h: one(255), m: perChannel(mean), s: perChannel(std) },
    ...{ values: '0…255', order: 'rgb', logits: of((v, c) => (v / 255 - (mean[c] as number)) / (std[c] as number)) },
  },
  {
    what: 'Sub mean, Mul 1/std: 0 … 1 goes in',
    nodes: [node('Sub', ['x', 'm'], 'b'), node('Mul', ['b', 's'], 'd')],
    weights: { m: perChannel(mean), s: perChannel(std.map((value) => 1 / value)) },
    ...{ values: '0…1', order: 'rgb', logits: of((v, c) => (v / 255 - (mean[c] as number)) / (std[c] as number)) },
  },
  {
    what: 'the one picture of the batch, as in detectors that take lists of pictures',
    nodes: [
      node('Gather', ['x', 'first'], 'a', { axis: 0 }),
      node('Sub', ['a', 'm'], 'b'),
      node('Div', ['b', 's'], 'e'),
      node('Unsqueeze', ['e', 'batch'], 'd'),
    ],
    weights: { m: perChannel(mean), s: perChannel(std), first: index(0), batch: ints(0) },
    shape: [1, 3, 8, 8],
    ...{ values: '0…1', order: 'rgb', logits: of((v, c) => (v / 255 - (mean[c] as number)) / (std[c] as number)) },
  },
  {
    what: 'a mean that is unsqueezed and a variance whose root is taken, by nodes',
    nodes: [
      node('Unsqueeze', ['m', 'axes'], 'mean'),
      node('Sqrt', ['v'], 'root'),
      node('Reshape', ['root', 'shape'], 'deviation'),
      node('Sub', ['x', 'mean'], 'b'),
      node('Div', ['b', 'deviation'], 'd'),
    ],
    weights: {
      m: float32(mean, [3]),
      v: float32(
        std.map((value) => value * value),
        [3],
      ),
      axes: ints(1, 2),
      shape: ints(1, 3, 1, 1),
    },
    ...{ values: '0…1', order: 'rgb', logits: of((v, c) => (v / 255 - (mean[c] as number)) / (std[c] as number)) },
  },
  {
    what: 'rescaling alone',
    nodes: [node('Mul', ['h', 'x'], 'd')],
    weights: { h: one(1 / 255) },
    ...{ values: '0…255', logits: of((v) => v / 255) },
  },
  {
    what: 'to −1 … 1',
    nodes: [node('Mul', ['x', 'h'], 'a'), node('Add', ['a', 'l'], 'd')],
    weights: { h: one(1 / 127.5), l: one(-1) },
    ...{ values: '0…255', logits: of((v) => v / 127.5 - 1) },
  },
  {
    what: 'from 0 … 1 to −1 … 1',
    nodes: [node('Mul', ['x', 'h'], 'a'), node('Sub', ['a', 'l'], 'd')],
    weights: { h: one(2), l: one(1) },
    ...{ values: '0…1', logits: of((v) => v / 127.5 - 1) },
  },
  {
    what: 'from −1 … 1 to 0 … 255',
    nodes: [node('Add', ['x', 'l'], 'a'), node('Mul', ['a', 'h'], 'd')],
    weights: { h: one(127.5), l: one(1) },
    ...{ values: '−1…1', logits: of((v) => v) },
  },
  {
    what: 'channels reversed and Caffe’s means: RGB goes in',
    nodes: [node('Gather', ['x', 'i'], 'g', { axis: 1 }), node('Sub', ['g', 'm'], 'd')],
    weights: { i: ints(2, 1, 0), m: perChannel(caffe) },
    ...{ values: '0…255', order: 'rgb', logits: [50, 100, 200].map((v, c) => v - (caffe[c] as number)) },
  },
  {
    what: 'Caffe’s means as they are: BGR goes in',
    nodes: [node('Sub', ['x', 'm'], 'd')],
    weights: { m: perChannel(caffe) },
    ...{ values: '0…255', order: 'bgr', logits: [50, 100, 200].map((v, c) => v - (caffe[c] as number)) },
  },
  {
    what: 'channels split and joined the other way round',
    nodes: [
      node('Split', ['x'], ['r', 'g', 'b'], { axis: 1 }),
      node('Concat', ['b', 'g', 'r'], 'j', { axis: 1 }),
      node('Sub', ['j', 'm'], 'd'),
    ],
    weights: { m: perChannel(caffe) },
    ...{ values: '0…255', order: 'rgb', logits: [50, 100, 200].map((v, c) => v - (caffe[c] as number)) },
  },
  {
    what: 'what torchvision’s Inception does: ImageNet’s deviations go in, −1 … 1 comes out',
    nodes: [...apart, node('Concat', ['w0', 'w1', 'w2'], 'd', { axis: 1 })],
    weights: {
      axis: ints(1),
      ...Object.fromEntries([0, 1, 2].map((c) => [`i${c}`, index(c)])),
      ...Object.fromEntries(std.map((value, c) => [`m${c}`, one(value / 0.5)])),
      ...Object.fromEntries(mean.map((value, c) => [`a${c}`, one((value - 0.5) / 0.5)])),
    },
    ...{ values: 'mean and deviation of ImageNet', logits: of((v) => v / 127.5 - 1) },
  },
  {
    what: 'a BatchNormalization that keeps the statistics of raw pixels',
    nodes: [node('BatchNormalization', ['x', 'one', 'zero', 'm', 'v'], 'd', { epsilon: { float: 0 } })],
    weights: {
      one: float32([1, 1, 1], [3]),
      zero: float32([0, 0, 0], [3]),
      m: float32([120, 115, 100], [3]),
      v: float32([3600, 3600, 3600], [3]),
    },
    ...{ values: '0…255', logits: of((v, c) => (v - ([120, 115, 100][c] as number)) / 60) },
  },
  {
    what: 'channels last, turned after normalising',
    nodes: [node('Div', ['x', 'h'], 'a'), node('Sub', ['a', 'm'], 'b'), node('Transpose', ['b'], 'd', { perm: [0, 3, 1, 2] })],
    weights: { h: one(255), m: float32(mean, [3]) },
    shape: [1, 8, 8, 3],
    ...{ values: '0…255', order: 'rgb', logits: of((v, c) => v / 255 - (mean[c] as number)) },
  },
  {
    what: 'uint8 means raw pixels',
    nodes: [node('Cast', ['x'], 'a', { to: 1 }), node('Transpose', ['a'], 'd', { perm: [0, 3, 1, 2] })],
    weights: {},
    shape: [1, 8, 8, 3],
    type: 'uint8',
    ...{ values: '0…255', logits: rgb },
  },
  {
    what: 'int8 means raw pixels less 128',
    nodes: [node('DequantizeLinear', ['x', 's'], 'd')],
    weights: { s: one(0.5) },
    type: 'int8',
    ...{ values: '−128…127', logits: of((v) => (v - 128) / 2) },
  },
  {
    what: 'a quantiser that holds 0 … 1',
    nodes: [node('QuantizeLinear', ['x', 's', 'z'], 'q'), node('DequantizeLinear', ['q', 's', 'z'], 'd')],
    weights: { s: one(1 / 255), z: { type: 'uint8', dims: [], data: Uint8Array.of(0) } },
    ...{ values: '0…1', logits: of((v) => v / 255) },
  },
  {
    what: 'factors of a folded normalisation tell nothing: ImageNet is assumed',
    nodes: [node('Mul', ['x', 'f'], 'a'), node('Add', ['a', 'b'], 'd')],
    weights: { f: perChannel([1.7, 0.3, -0.9]), b: perChannel([0.2, -1.1, 0.4]) },
    values: undefined,
    logits: of(
      (v, c) => ([1.7, 0.3, -0.9][c] as number) * ((v / 255 - (mean[c] as number)) / (std[c] as number)) + ([0.2, -1.1, 0.4][c] as number),
    ),
  },
  {
    what: 'nothing inside: ImageNet is assumed',
    ...{ nodes: [], weights: {}, values: undefined },
    logits: of((v, c) => (v / 255 - (mean[c] as number)) / (std[c] as number)),
  },
]

describe('what the graph does to pixels', () => {
  test.each(rows)('$what', async ({ nodes, weights, shape = [1, 3, 8, 8], type = 'float32', values, order, logits }) => {
    const bytes = model(nodes, weights, shape, type)
    const { graph } = readModel(bytes)
    const found = inGraph(graph, chooseImage(inputFacts(graph)).input)
    expect(found.values?.value.name).toBe(values)
    expect(found.order?.value).toBe(order)
    const network = await load(bytes, { threads: 1 })
    const scores = await network.predict(photo, { top: 3 })
    await network.close()
    for (const [c, wanted] of logits.entries())
      expect(scores.find((score) => score.index === c)?.score, `logit ${c}`).toBeCloseTo(wanted, 3)
  })

  test('in words', () => {
    const { nodes, weights } = rows[0] as Row
    const { graph } = readModel(model(nodes, weights, [1, 3, 8, 8], 'float32'))
    const found = inGraph(graph, chooseImage(inputFacts(graph)).input)
    expect(found.steps).toEqual(['Div 255', 'Sub 0.485, 0.456, 0.406', 'Div 0.229, 0.224, 0.225'])
    expect(found).toMatchObject({ rescales: true, normalises: true, resizes: false, reorders: false })
    expect(found.values).toMatchObject({ source: 'graph', from: expect.stringContaining('Div 255') })
  })

  test('resizing: the photo goes in at its own size', async () => {
    const nodes = [node('Resize', ['x', '', '', 'sizes'], 'r'), node('Div', ['r', 'h'], 'd')]
    const bytes = model(nodes, { sizes: ints(1, 3, 4, 4), h: one(255) }, [1, 3, 'H', 'W'], 'float32')
    const network = await load(bytes, { threads: 1 })
    // of 16 columns the nearest of 4 are 1, 5, 9, 13: a photo that was squeezed first would have lost them
    const data = Uint8Array.from({ length: 192 }, (_, i) => (Math.floor(i / 3) % 4 === 1 ? 200 : 0))
    const [best] = await network.predict({ width: 16, height: 4, channels: 3, data })
    expect(best?.score).toBeCloseTo(200 / 255, 5)
    await network.close()
  })
})
