/** @file Pixel gradients of the embedded network on a photo: they add up, or say that they do not. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { load } from '../../src/node/index.ts'
import { completenessOf } from '../support/pixel-maps.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

test('attributions of a trained network add up', async () => {
  const net = await load(path('../../../models/embedded'), { threads: 1, size: 64 })
  const photo = path('../../../../examples/photos/coffee.png')
  const warned: string[] = []
  const missed = async (method: string): Promise<number> => {
    const why: ExplanationData = await net.explain(photo, { method })
    const { gap, score, baseline } = completenessOf(why)
    expect(score).toBeCloseTo(why.logit, 3)
    if (why.warnings.length > 0) warned.push(method)
    return Math.abs(gap / (score - baseline))
  }
  try {
    expect(await missed('deeplift')).toBeLessThan(1e-4)
    expect(await missed('integrated-gradients')).toBeLessThan(0.05)
    // ReLU6 adds a constant where it is full, which is no bias of a layer
    expect(await missed('full-grad')).toBeGreaterThan(0.05)
    expect(warned).toEqual(['full-grad'])
  } finally {
    await net.close()
  }
})
