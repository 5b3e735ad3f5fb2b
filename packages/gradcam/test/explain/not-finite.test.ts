/** @file NaN and infinity in an image, a network, a gradient: where they arise is said, and no picture is made of them. */
import { expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

/** x [N, 3, 8, 8] → Conv `features` → mean, and what `nodes` make of `flat` [N, 4] → `y`. */
const net = (...nodes: NodeSpec[]): Uint8Array =>
  buildModel({
    opset: 17,
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { y: ['N', 4] },
    weights: { w: numbers(1, [4, 3, 3, 3], 0.1, 0.4), far: float32([-1e6], []), none: float32([0], []) },
    nodes: [
      node('Conv', ['x', 'w'], 'features', { pads: [1, 1, 1, 1] }),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      ...nodes,
    ],
  })

const image = numbers(5, [1, 3, 8, 8], 0.5, 1.5)
const root = net(node('Add', ['flat', 'far'], 'low'), node('Sqrt', ['low'], 'root'), node('Identity', ['root'], 'y'))

test('in the network: the node is named, nothing is drawn', async () => {
  for (const method of ['grad-cam', 'saliency', 'occlusion', 'score-cam']) {
    const why = await explainOne(root, image, { target: 1, method, featureLayer: 'features' })
    const said = why.warnings.find(({ code }) => code === 'not-finite')
    expect.soft(said?.message, method).toBe('the first NaN of the network arises at root/node (Sqrt)')
    expect.soft(why.warnings.map(({ code }) => code)).toContain('score-not-finite')
    expect.soft(why.map.data.every((value) => value === 0)).toBe(true)
  }
})

test('in the gradient alone: a root of zero has the score 0 and no slope', async () => {
  const model = net(node('Mul', ['flat', 'none'], 'nothing'), node('Sqrt', ['nothing'], 'root'), node('Identity', ['root'], 'y'))
  const why = await explainOne(model, image, { target: 1, featureLayer: 'features' })
  expect(why.score).toBe(0)
  expect(why.map.data.every((value) => value === 0)).toBe(true)
  const said = why.warnings.find(({ code }) => code === 'not-finite')
  expect(said?.message).toMatch(/the network's numbers are finite.*the gradient is no number from (root|nothing)\/node/)
})

test('in the image: its first place is named, and the network is not accused', async () => {
  const data = Float32Array.from(image.data as Float32Array)
  data[64 + 9] = Number.NaN
  data[100] = Number.POSITIVE_INFINITY
  const why = await explainOne(net(node('Identity', ['flat'], 'y')), { ...image, data }, { target: 1, featureLayer: 'features' })
  const said = why.warnings.find(({ code }) => code === 'input-not-finite')
  expect(said?.message).toBe("the image's tensor holds 2 values that are NaN or infinite, the first at [0, 1, 1, 1]")
  expect(why.warnings.map(({ code }) => code)).not.toContain('not-finite')
  expect(why.map.data.every((value) => value === 0)).toBe(true)
})

test('an infinity in front of the first NaN is not blamed: a softmax of nothing but −∞ makes it', async () => {
  const model = net(
    node('Mul', ['flat', 'far'], 'huge'),
    node('Exp', ['huge'], 'tiny'),
    node('Log', ['tiny'], 'mask'),
    node('Softmax', ['mask'], 'p'),
    node('Add', ['flat', 'p'], 'y'),
  )
  const why = await explainOne(model, image, { target: 1, featureLayer: 'features' })
  expect(why.warnings.find(({ code }) => code === 'not-finite')?.message).toBe('the first NaN of the network arises at p/node (Softmax)')
})

test('answers that are NaN are refused: none is best', async () => {
  const error = await refusal(() =>
    withNetwork(root, (network) => network.predict({ tensor: image, region: undefined, photo: undefined }, 3)),
  )
  expect(error).toMatchObject({ code: 'run-failed', message: "the network's scores are NaN: the first NaN arises at root/node (Sqrt)" })
})
