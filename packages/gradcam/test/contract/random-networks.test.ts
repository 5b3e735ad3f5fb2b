/** @file Networks that draw random numbers, or normalise by the images at hand: said of every answer, with the node and the way out. */
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const yes: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(1) }
const no: Tensor = { type: 'bool', dims: [], data: Uint8Array.of(0) }

/** x → `early` → Conv `features` → mean → `late` → y, four classes. */
const net = (early: NodeSpec[], late: NodeSpec[]): Uint8Array =>
  buildModel({
    opset: 15,
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4] },
    weights: { w: numbers(1, [4, 3, 3, 3], 0.1, 0.4), half: float32([0.5], []), zero: float32([0], []), yes, no },
    nodes: [
      ...early,
      node('Conv', [early.length > 0 ? 'x1' : 'x', 'w'], 'features', { pads: [1, 1, 1, 1] }),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      ...(late.length > 0 ? late : [node('Identity', ['flat'], 'y')]),
    ],
  })

const image = numbers(5, [1, 3, 8, 8], 0.5, 1.5)
const said = async (model: Uint8Array, method = 'grad-cam'): Promise<string | undefined> => {
  const { warnings } = await explainOne(model, image, { target: 1, method, featureLayer: 'features' })
  return warnings.find(({ code }) => code === 'random-network')?.message
}

const noise = (operator: string): NodeSpec[] => [node(operator, ['x'], 'noise'), node('Add', ['x', 'noise'], 'x1')]
const drawn = (operator: string): NodeSpec[] => [node(operator, [], 'noise', { shape: [1, 3, 8, 8] }), node('Add', ['x', 'noise'], 'x1')]

describe('nodes that draw', () => {
  test.each([
    ['RandomNormalLike', noise('RandomNormalLike')],
    ['RandomUniformLike', noise('RandomUniformLike')],
    ['RandomNormal', drawn('RandomNormal')],
    ['RandomUniform', drawn('RandomUniform')],
    ['Bernoulli', [node('Sigmoid', ['x'], 'p'), node('Bernoulli', ['p'], 'noise'), node('Add', ['x', 'noise'], 'x1')]],
    ['Dropout', [node('Dropout', ['x', 'half', 'yes'], 'x1')]],
  ])('%s in front of the features', async (operator, early) => {
    for (const method of ['grad-cam', 'occlusion']) expect(await said(net(early, []), method)).toContain(`(${operator})`)
  })

  test('and in fact two runs differ', async () => {
    const model = net(noise('RandomNormalLike'), [])
    const scores = await withNetwork(model, async (network) => {
      const one = async (): Promise<number> =>
        (await network.explain({ tensor: image, region: undefined, photo: undefined }, { target: 1, featureLayer: 'features' }))[0]?.[0]
          ?.score ?? 0
      return [await one(), await one()]
    })
    expect(scores[0]).not.toBe(scores[1])
  })

  test('noise of a shape has no gradient, and stops none: ∂(x + noise)/∂x is 1', async () => {
    const quiet = await explainOne(net([node('Identity', ['x'], 'x1')], []), image, { target: 1, method: 'saliency' })
    const loud = await explainOne(net(noise('RandomNormalLike'), []), image, { target: 1, method: 'saliency' })
    expect(loud.raw.data).toEqual(quiet.raw.data)
  })

  test('Dropout behind the features: the gradient is refused with the way out', async () => {
    const model = net([], [node('Dropout', ['flat', 'half', 'yes'], 'y')])
    expect(await refusal(() => said(model))).toMatchObject({ hint: expect.stringContaining('evaluation mode') })
    expect(await said(model, 'occlusion')).toContain('y/node (Dropout)')
  })
})

test.each([
  ['in evaluation mode', [node('Dropout', ['x', 'half', 'no'], 'x1')]],
  ['without a mode', [node('Dropout', ['x', 'half'], 'x1')]],
  ['with the ratio 0', [node('Dropout', ['x', 'zero', 'yes'], 'x1')]],
])('Dropout %s: nothing is said', async (_, early) => {
  expect(await said(net(early, []))).toBeUndefined()
})

describe('BatchNormalization by the numbers at hand', () => {
  const statistics = { one: float32([1, 1, 1], [3]), none: float32([0, 0, 0], [3]) }
  const trained = (over: NodeSpec, convolution: NodeSpec): Uint8Array =>
    buildModel({
      opset: 15,
      inputs: { x: [1, 3, 8, 8] },
      outputs: { y: [1, 4] },
      weights: { w: numbers(1, [4, 3, 3, 3], 0.1, 0.4), ...statistics },
      nodes: [over, convolution, node('GlobalAveragePool', ['features'], 'pooled'), node('Flatten', ['pooled'], 'y')],
    })
  const training = { training_mode: 1 }
  const notes = async (model: Uint8Array): Promise<string[]> =>
    (await explainOne(model, image, { target: 1, featureLayer: 'features' })).warnings.map(({ code }) => code)

  test('of the picture is said', async () => {
    const model = trained(
      node('BatchNormalization', ['x', 'one', 'none', 'none', 'one'], ['normed', 'mean', 'variance'], training),
      node('Conv', ['normed', 'w'], 'features'),
    )
    expect(await notes(model)).toContain('training-mode')
  })

  test('of weights, as Big Transfer standardises them, is not', async () => {
    const model = trained(
      node('BatchNormalization', ['w', 'one', 'none', 'none', 'one'], ['standardised', 'mean', 'variance'], training),
      node('Conv', ['x', 'standardised'], 'features'),
    )
    expect(await notes(model)).not.toContain('training-mode')
  })
})
