/** @file Two small networks that tests share: one whose raw map can be set at will, and one with a pooled linear head. */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from './build.ts'
import { numbers } from './finite-differences.ts'

/**
 * x [1, 1, h, w] → mean → two opposite scores, h·w times the mean. The gradient is 1 everywhere for class 0 and −1 for
 * class 1: at the feature layer `x` the raw map is the image itself, and its negative.
 */
export const mirror = (height: number, width: number): ModelSpec => ({
  inputs: { x: [1, 1, height, width] },
  outputs: { scores: [1, 2] },
  weights: { w: float32([height * width, -height * width], [1, 2]) },
  nodes: [node('GlobalAveragePool', ['x'], 'pooled'), node('Flatten', ['pooled'], 'flat'), node('MatMul', ['flat', 'w'], 'scores')],
})

/** As `mirror`, behind a 2×2 average: an image of equal 2×2 blocks has its blocks as raw map at the feature layer `blocks`. */
export const blockMirror = (height: number, width: number): ModelSpec => ({
  ...mirror(height, width),
  inputs: { x: [1, 1, 2 * height, 2 * width] },
  nodes: [
    node('AveragePool', ['x'], 'blocks', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('GlobalAveragePool', ['blocks'], 'pooled'),
    node('Flatten', ['pooled'], 'flat'),
    node('MatMul', ['flat', 'w'], 'scores'),
  ],
})

/** Each value of a map as a block of 2×2. */
export function blocksOf(map: readonly number[], width: number): Tensor {
  const height = map.length / width
  const data = new Float32Array(4 * map.length)
  for (let row = 0; row < 2 * height; row++)
    for (let column = 0; column < 2 * width; column++) data[row * 2 * width + column] = map[(row >> 1) * width + (column >> 1)] ?? 0
  return float32(data, [1, 1, 2 * height, 2 * width])
}

export const headClasses = 5
export const headChannels = 6

/** x [N, 3, 8, 8] → Conv, Relu, MaxPool, Conv, Relu `features` [N, 6, 4, 4] → mean → Gemm `logits` [N, 5] → Softmax `prob`. */
export const headed = (opset = 13, size: number | string = 8): ModelSpec => ({
  opset,
  inputs: { x: ['N', 3, size, size === 8 ? 8 : 'W'] },
  outputs: { prob: ['N', headClasses] },
  weights: {
    w1: numbers(1, [4, 3, 3, 3], -0.5, 0.5),
    b1: numbers(2, [4], 0, 0.5),
    w2: numbers(3, [headChannels, 4, 3, 3], -0.5, 0.5),
    b2: numbers(4, [headChannels], -0.1, 0.3),
    fc: numbers(45, [headClasses, headChannels], -1, 1),
    fcb: numbers(6, [headClasses], -0.2, 0.2),
  },
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c1'], 'a1'),
    node('MaxPool', ['a1'], 'p1', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Conv', ['p1', 'w2', 'b2'], 'c2', { pads: [1, 1, 1, 1] }),
    node('Relu', ['c2'], 'features'),
    node('GlobalAveragePool', ['features'], 'pooled'),
    node('Flatten', ['pooled'], 'flat'),
    node('Gemm', ['flat', 'fc', 'fcb'], 'logits', { transB: 1 }),
    node('Softmax', ['logits'], 'prob', { axis: 1 }),
  ],
})

/** A batch of images for `headed`, each strong in another channel, so that they are not all of one class. */
export function images(count: number, seed = 11, height = 8, width = height): Tensor {
  const places = height * width
  const noise = numbers(seed, [count, 3, height, width], -1, 1)
  const data = (noise.data as Float32Array).map((value, i) =>
    Math.floor(i / places) % 3 === Math.floor(i / (3 * places)) % 3 ? value + 2 : value,
  )
  return float32(data, noise.dims)
}

/** 0, 1, 2 … */
export const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/**
 * The network of METHODS.md's hand-checkable numbers: x [1, 1, 4, 4] → Conv 3×3 of ones, bias −50 and −75, `conv` → Relu `relu` → Gemm
 * whose rows are alike, 1 five times, then −1 three times → Relu `scores` [1, 2]. Its image is 0 … 15.
 */
export const byHand: ModelSpec = {
  inputs: { x: [1, 1, 4, 4] },
  outputs: { scores: [1, 2] },
  weights: {
    ones: float32(new Float32Array(18).fill(1), [2, 1, 3, 3]),
    bias: float32([-50, -75], [2]),
    rows: float32(
      count(16).map((i) => (i % 8 < 5 ? 1 : -1)),
      [2, 8],
    ),
    zero: float32([0, 0], [2]),
  },
  nodes: [
    node('Conv', ['x', 'ones', 'bias'], 'conv'),
    node('Relu', ['conv'], 'relu'),
    node('Flatten', ['relu'], 'flat'),
    node('Gemm', ['flat', 'rows', 'zero'], 'linear', { transB: 1 }),
    node('Relu', ['linear'], 'scores'),
  ],
}

/** `headed`, of one shape and different weights, which are large enough to be referred to. */
export function headedBytes(seed: number): Uint8Array {
  const spec = headed()
  const weights = {
    ...spec.weights,
    w2: numbers(seed, [60, 4, 3, 3], -0.5, 0.5),
    b2: numbers(4, [60]),
    fc: numbers(seed + 1, [5, 60], -1, 1),
  }
  return buildModel({ ...spec, weights })
}
