/** @file A detector of two scales: the layer of a box, or of a value, is that of the scale that it comes from. */
import { expect, test } from 'vitest'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { explainAll } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { bare } from '../support/raw-maps.ts'

const int64 = (...values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })

/** Of a map: its last activation `relu…`, the scores of two classes, and boxes, a row for each place. */
const head = (x: string, i: number): NodeSpec[] => [
  node('Conv', [x, `k${i}`], `hidden${i}`, { pads: [1, 1, 1, 1] }),
  node('Relu', [`hidden${i}`], `relu${i}`),
  node('Conv', [`relu${i}`, `c${i}`, `bias${i}`], `score${i}`),
  node('Transpose', [`score${i}`], `turned${i}`, { perm: [0, 2, 3, 1] }),
  node('Reshape', [`turned${i}`, 'two'], `rows${i}`),
  node('Sigmoid', [`rows${i}`], `sure${i}`),
  node('Conv', [x, `b${i}`], `corner${i}`),
  node('Reshape', [`corner${i}`, 'four'], `box${i}`),
]

/** x [N, 3, 8, 8] → 16 boxes of a 4×4 map, 4 of a 2×2 map; bright images find something on the fine map only. */
const twoScales = buildModel({
  inputs: { x: ['N', 3, 8, 8] },
  outputs: { scores: ['N', 20, 2], boxes: ['N', 4, 20] },
  weights: {
    ...{ w1: float32(new Float32Array(6 * 27).fill(0.1), [6, 3, 3, 3]), w2: numbers(2, [6, 6, 3, 3], -0.3, 0.3) },
    ...{ two: int64(0, -1, 2), four: int64(0, 4, -1) },
    ...{ k0: float32(new Float32Array(6 * 54).fill(0.005), [6, 6, 3, 3]), k1: numbers(4, [6, 6, 3, 3], -0.1, 0.3) },
    ...{ c0: float32([1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [2, 6, 1, 1]), c1: numbers(6, [2, 6, 1, 1], -0.05, 0.05) },
    ...{ bias0: float32([-2, -6], [2]), bias1: float32([-0.5, -6], [2]) },
    ...{ b0: numbers(7, [4, 6, 1, 1], 0, 1), b1: numbers(8, [4, 6, 1, 1], 0, 1) },
  },
  nodes: [
    node('Conv', ['x', 'w1'], 'c1_', { pads: [1, 1, 1, 1], strides: [2, 2] }),
    node('Relu', ['c1_'], 'fine'),
    node('Conv', ['fine', 'w2'], 'c2_', { pads: [1, 1, 1, 1], strides: [2, 2] }),
    node('Relu', ['c2_'], 'coarse'),
    ...head('fine', 0),
    ...head('coarse', 1),
    node('Concat', ['sure0', 'sure1'], 'scores', { axis: 1 }),
    node('Concat', ['box0', 'box1'], 'boxes', { axis: 2 }),
  ],
})
const decoding = { classes: { tensor: 'scores' }, boxes: { tensor: 'boxes', axis: 1, format: 'cxcywh', units: 'normalised' } } as const

/** Two images: bright, and dark. */
const both = float32(
  [...Array.from({ length: 192 }, (_, i) => 1 + (i % 7) / 7), ...Array.from({ length: 192 }, (_, i) => (i % 5) / 50)],
  [2, 3, 8, 8],
)

test.each([
  [{ kind: 'box', box: 5, decoding }, 'relu0', [4, 4]],
  [{ kind: 'box', box: 15, class: 1, decoding }, 'relu0', [4, 4]],
  [{ kind: 'box', box: 16, decoding }, 'relu1', [2, 2]],
  [{ kind: 'value', tensor: 'scores', element: [3, 0] }, 'relu0', [4, 4]],
  [{ kind: 'value', tensor: 'scores', element: [18, 1] }, 'relu1', [2, 2]],
] as const)('%j', async (target, layer, size) => {
  const [[why] = []] = await explainAll(twoScales, float32(toFloat32(both).slice(0, 192), [1, 3, 8, 8]), { ...bare, target })
  expect([why?.featureLayer, [why?.raw.height, why?.raw.width]]).toEqual([layer, size])
  expect(Math.max(...(why?.raw.data ?? []).map(Math.abs))).toBeGreaterThan(0)
})

test('images whose best boxes are of different scales have layers of their own', async () => {
  const results = await explainAll(twoScales, both, { ...bare, target: { kind: 'box', class: 'top-1', decoding } })
  expect(results.map(([why]) => why?.featureLayer)).toEqual(['relu0', 'relu1'])
})
