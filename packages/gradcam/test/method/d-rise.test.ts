/** @file D-RISE: similarities worked out by hand, and RISE on the one box that can be found. */
import { describe, expect, test } from 'vitest'
import { dRise, similarity } from '../../src/method/perturbation/d-rise.ts'
import { rise } from '../../src/method/perturbation/rise.ts'
import { type DetectionObjective, type Detections, intersectionOverUnion } from '../../src/objective/detections.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainOne } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { outcomesOf } from '../support/run-context.ts'
import { seedObjective } from '../support/seed-objective.ts'

describe('similarity', () => {
  const found = (...boxes: { box: number[]; classes: number[]; objectness: number }[]): Detections => ({
    count: boxes.length,
    classes: 2,
    classScores: Float32Array.from(boxes.flatMap(({ classes }) => classes)),
    objectness: Float32Array.from(boxes, ({ objectness }) => objectness),
    boxes: Float32Array.from(boxes.flatMap(({ box }) => box)),
  })
  const meant = { box: [0, 0, 2, 2], classScores: [1, 0] }

  test('intersection over union', () => {
    expect(intersectionOverUnion([0, 0, 2, 2], [1, 0, 3, 2])).toBeCloseTo(1 / 3, 12)
    expect(intersectionOverUnion([0, 0, 2, 2], [2, 0, 4, 2])).toBe(0)
    expect(intersectionOverUnion([0, 0, 0, 0], [0, 0, 0, 0])).toBe(0)
    expect(intersectionOverUnion([1, 1, 3, 5], [1, 1, 3, 5])).toBe(1)
  })

  test('place, class and objectness multiply; the best box counts', () => {
    // IoU 1/3, cosine 0.6, objectness 0.5
    const beside = { box: [1, 0, 3, 2], classes: [0.6, 0.8], objectness: 0.5 }
    expect(similarity(meant, found(beside))).toBeCloseTo(0.1, 6)
    // the right place, the other class
    const other = { box: [0, 0, 2, 2], classes: [0, 1], objectness: 1 }
    expect(similarity(meant, found(beside, other))).toBeCloseTo(0.1, 6)
    expect(similarity(meant, found(other, beside, { ...other, classes: [3, 4], objectness: 0.9 }))).toBeCloseTo(0.54, 6)
    expect(similarity(meant, found())).toBe(0)
  })
})

describe('a detector of four boxes, one for each quarter', () => {
  // objectness = 2 + mean of weighted pixels of that quarter: never negative for these images
  const model = buildModel({
    inputs: { x: ['N', 1, 8, 8] },
    outputs: { objectness: ['N', 1, 2, 2] },
    weights: { w: numbers(3, [1, 1, 4, 4], -0.1, 0.1), b: float32([2], [1]) },
    nodes: [node('Conv', ['x', 'w', 'b'], 'objectness', { strides: [4, 4] })],
  })
  const x = numbers(5, [1, 1, 8, 8], 0, 1)
  const boxes = [0, 1, 2, 3].flatMap((k) => [4 * (k % 2), 4 * (k >> 1), 4 * (k % 2) + 4, 4 * (k >> 1) + 4])
  const detections = (meant: number[]): DetectionObjective => ({
    reads: ['objectness'],
    read: ({ objectness }) => ({
      ...{ count: 4, classes: 1, classScores: new Float32Array(4).fill(0.7), boxes: Float32Array.from(boxes) },
      objectness: objectness?.data as Float32Array,
    }),
    meant: meant.map((k) => ({ box: boxes.slice(4 * k, 4 * k + 4), classScores: [1] })),
  })
  const objective = (weights: number[], meant: number[]) => ({
    ...seedObjective('objectness', float32(weights, [1, 1, 2, 2])),
    detections: detections(meant),
  })
  const wanted = { model, inputs: { x }, featureLayer: 'x' }
  const options = { samples: 70, cells: 3 }

  test.each([
    [[2], [0, 0, 1, 0]],
    [
      [0, 3],
      [0.5, 0, 0, 0.5],
    ],
  ])('boxes %o: the map of RISE on the mean of their objectness', async (meant, weights) => {
    const [own] = await outcomesOf(dRise, { ...wanted, objective: () => objective(weights, meant), options })
    const [plain] = await outcomesOf(rise, {
      ...wanted,
      objective: () => objective(weights, meant),
      options: { ...options, score: 'logit' },
    })
    expectClose(own?.data ?? [], plain?.data ?? [], { atol: 1e-5, rtol: 1e-5 })
    expect(own?.details).toMatchObject({ measure: 'similarity', samples: 70 })
  })
})

test('a target that is no box is refused', async () => {
  const model = buildModel({
    inputs: { x: ['N', 1, 4, 4] },
    outputs: { y: ['N', 2] },
    weights: { w: numbers(3, [16, 2], -1, 1) },
    nodes: [node('Flatten', ['x'], 'flat'), node('MatMul', ['flat', 'w'], 'y')],
  })
  const why = explainOne(model, numbers(1, [1, 1, 4, 4], 0, 1), { method: 'd-rise', target: 0, featureLayer: 'x' })
  await expect(why).rejects.toThrow(/d-rise explains boxes/)
})
