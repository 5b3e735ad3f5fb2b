/** @file What networks do to their scores at their end, as people write it into them: chosen, cast, and with the axis of the images squeezed away. */
import { describe, expect, test } from 'vitest'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'

const labels = ['a', 'b', 'c']
const channels = Float32Array.of(1, 3, 2)
/** Three channels of one value each: their means are the scores 1, 3, 2. */
const image: Tensor = float32(
  Float32Array.from({ length: 192 }, (_, i) => channels[Math.floor(i / 64)] as number),
  [1, 3, 8, 8],
)

const weights = { w: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]) }
const features = [node('Conv', ['x', 'w'], 'c'), node('Relu', ['c'], 'f')]
const classifier = [...features, node('GlobalAveragePool', ['f'], 'p'), node('Flatten', ['p'], 'lg')]

const ends: Readonly<Record<string, readonly [NodeSpec[], shape: number[], integers?: true]>> = {
  'squeezed scores': [[node('Squeeze', ['lg'], 'y')], [3]],
  'squeezed probabilities': [[node('Softmax', ['lg'], 's', { axis: 1 }), node('Squeeze', ['s'], 'y')], [3]],
  'a squeezed choice': [[node('ArgMax', ['lg'], 'i', { axis: 1, keepdims: 1 }), node('Squeeze', ['i'], 'y')], [], true],
  'a choice of probabilities, squeezed': [
    [node('Softmax', ['lg'], 's', { axis: 1 }), node('ArgMax', ['s'], 'i', { axis: 1, keepdims: 0 }), node('Squeeze', ['i'], 'y')],
    [],
    true,
  ],
  'a choice as a float': [
    [node('ArgMax', ['lg'], 'i', { axis: 1 }), node('Cast', ['i'], 'y', { to: 1 })],
    [1, 1],
  ],
}

describe.each(['N', 1])('images %s', (batch) => {
  test.each(Object.entries(ends))('%s', async (_, [nodes, shape, integers]) => {
    const model = buildModel({
      inputs: { x: [batch, 3, 8, 8] },
      outputs: { y: shape },
      weights,
      nodes: [...classifier, ...nodes],
      ...(integers ? { outputTypes: { y: 'int64' } as const } : {}),
    })
    await withNetwork(
      model,
      async (network) => {
        const top = await network.predict({ tensor: image, region: undefined, photo: undefined }, 3)
        expect(top.map(({ label }) => label)).toEqual(['b', 'c', 'a'])
        const layers = await network.layers()
        expect(layers.reduction.name).toBe('lg')
      },
      { labels },
    )
    const why = await explainOne(model, image, { target: 'c' }, { labels })
    expect([why.index, why.logit, why.reductionLayer]).toEqual([2, 2, 'lg'])
  })
})

test.each([
  ['uint8', 2],
  ['int32', 6],
  ['float32', 1],
] as const)('classes of all places as %s', async (type, to) => {
  const model = buildModel({
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { y: ['N', 8, 8] },
    outputTypes: { y: type },
    weights,
    nodes: [
      ...features,
      node('Conv', ['f', 'w'], 'maps'),
      node('ArgMax', ['maps'], 'i', { axis: 1, keepdims: 0 }),
      node('Cast', ['i'], 'y', { to }),
    ],
  })
  // the second channel is highest in 48 places of 64, the first in the others
  const tensor = float32(
    Float32Array.from({ length: 192 }, (_, i) => [i % 64 < 48 ? 1 : 5, 3, 2][Math.floor(i / 64)] as number),
    [1, 3, 8, 8],
  )
  const top = await withNetwork(model, (network) => network.predict({ tensor, region: undefined, photo: undefined }, 3), { labels })
  expect(top.map(({ label, score }) => [label, score]).slice(0, 2)).toEqual([
    ['b', 0.75],
    ['a', 0.25],
  ])
  const why = await explainOne(model, tensor, { target: 'region:a' }, { labels })
  expect([why.label, why.logit, why.reductionLayer]).toEqual(['a in its region', 5, 'maps'])
})
