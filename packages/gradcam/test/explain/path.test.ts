/** @file The way of a gradient back: norms that are known by hand, for every kind of target. */
import { expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const photo = sharedPath('photos', 'dog-and-cat.png')

describeShared('the path of real networks', 'models', () => {
  test('of a regression: the norm at the value itself is 1, and its sign changes none', async () => {
    const net = await load(sharedPath('models', 'headpose-fsanet'), { engine: 'native' })
    try {
      const { layers, label, steps } = await net.path(sharedPath('photos', 'astronaut.png'), { target: 'value:pitch' })
      expect(label).toBe('pitch')
      expect(steps[0]?.tensor).toBe(layers.reduction.name)
      expect(steps[0]?.norm).toBeCloseTo(1, 6)
      expect(steps.at(-1)?.tensor).toBe(layers.feature.name)
      const down = await net.path(sharedPath('photos', 'astronaut.png'), { target: 'value:pitch:down' })
      expect(down.steps.map(({ norm }) => norm)).toEqual(steps.map(({ norm }) => norm))
    } finally {
      await net.close()
    }
  })

  test('of a region: the mean over R places starts with a norm of 1/√R, its sum with √R', async () => {
    const net = await load(sharedPath('models', 'segmentation-pan'))
    try {
      const region = { kind: 'region', class: 0, over: { box: [50, 50, 150, 100] } } as const
      const [mean, sum] = [await net.path(photo, { target: region }), await net.path(photo, { target: { ...region, reduce: 'sum' } })]
      const [one, many] = [mean.steps[0]?.norm as number, sum.steps[0]?.norm as number]
      expect(one * many).toBeCloseTo(1, 4)
      // the photo is 224 pixels wide, the network's input 512: 100 × 50 of the photo's pixels
      const places = (many * many * 224 * 224) / (512 * 512)
      expect(Math.abs(places / 5000 - 1)).toBeLessThan(0.02)
    } finally {
      await net.close()
    }
  })

  test('of a box: only what scores it has a gradient, and its place in the photo has none', async () => {
    const net = await load(sharedPath('models', 'detection-fastestdet'))
    try {
      const { label, steps, layers } = await net.path(photo, { target: 'box:dog', featureLayer: 'onnx::Conv_738' })
      expect(label).toContain('dog')
      expect(layers.feature.name).toBe('onnx::Conv_738')
      expect(steps.at(-1)?.norm).toBeGreaterThan(0)
      // [N, 1 + 4 + 80, rows, columns], joined from objectness, box and classes: four channels of one cell are the box
      const branches = steps.filter(({ shape }) => shape[1] === 4)
      expect(branches.length).toBeGreaterThan(0)
      for (const { norm } of branches) expect(norm).toBe(0)
    } finally {
      await net.close()
    }
  })

  test('two targets have no one path', async () => {
    const net = await load(sharedPath('models', 'detection-fastestdet'))
    try {
      await expect(net.path(photo, { target: ['box:dog', 'box:cat'] })).rejects.toMatchObject({ code: 'bad-option' })
    } finally {
      await net.close()
    }
  })
})
