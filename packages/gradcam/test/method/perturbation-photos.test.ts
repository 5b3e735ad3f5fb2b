/** @file Methods that change the image, on real photos: they point where the thing is, and agree with Grad-CAM. */
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { pearson } from '../support/close.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const repository = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const signed = { activation: 'none', normalize: 'none' } as const

describe('an espresso, the embedded network', async () => {
  const net = await load(repository('packages/models/embedded'), { size: 192 })
  afterAll(() => net.close())
  const photo = repository('examples/photos/coffee.png')

  test.each([
    ['occlusion', {}],
    ['lime', { samples: 400 }],
    ['lime', { samples: 400, model: 'tree' }],
    ['kernel-shap', { samples: 400 }],
    ['rise', { samples: 600 }],
  ])('%s', async (method, options) => {
    const [own, other] = [
      await net.explain(photo, { method, options, target: 'espresso', ...signed }),
      await net.explain(photo, { target: 'espresso', ...signed }),
    ]
    expect(own.warnings).toEqual([])
    expect([own.map.width, own.map.height]).toEqual([192, 192])
    // 0 by chance
    expect(pearson(own.map.data, other.map.data)).toBeGreaterThan(0.35)
  })
})

describeShared('a cat beside a dog, GoogLeNet', 'models/googlenet/onnx/model.onnx', () => {
  test('occlusion peaks inside the published box of the cat', async () => {
    const net = await load(sharedPath('models/googlenet'))
    const options = { patch: 0.25, stride: 0.125 }
    const { map, photo } = await net.explain(sharedPath('photos/dog-and-cat-boxes.jpg'), {
      target: 'Egyptian cat',
      method: 'occlusion',
      options,
    })
    await net.close()
    const peak = map.data.indexOf(map.data.reduce((a, b) => Math.max(a, b)))
    const x = ((peak % map.width) / map.width) * (photo?.width ?? 0)
    const y = (Math.floor(peak / map.width) / map.height) * (photo?.height ?? 0)
    expect(x > 400 && x < 655 && y > 112 && y < 493, `peak at ${x}, ${y}`).toBe(true)
  })
})
