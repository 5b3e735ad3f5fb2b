/** @file Models as people have them (../shared/cases): what comes out is read rightly without a word, said, or refused with the way out. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { readNpy } from '../../src/io/npy.ts'
import type { Explanation, Network } from '../../src/network.ts'
import { load } from '../../src/node/index.ts'
import type { Prediction } from '../../src/objective/objective.ts'
import { expectClose } from '../support/close.ts'
import { refusal } from '../support/refusal.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (...parts: string[]): string => sharedPath('cases', ...parts)
const wide = at('wide.png')

async function using<T>(name: string, use: (network: Network) => Promise<T>): Promise<T> {
  const network = await load(at(name), { threads: 1 })
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

const photoOf = (name: string): string => (name.startsWith('exporters2/') ? at('exporters2', 'wide.png') : wide)
const explained = (name: string, target?: string | number, method?: string): Promise<Explanation> =>
  using(name, (network) => network.explain(photoOf(name), { ...(target === undefined ? {} : { target }), ...(method ? { method } : {}) }))
const predicted = (name: string): Promise<readonly Prediction[]> => using(name, (network) => network.predict(photoOf(name), { top: 3 }))
const tensor = (...parts: string[]): Tensor => readNpy(new Uint8Array(readFileSync(at(...parts))))

describeShared('classes', 'cases', () => {
  // softmax of the logits 1.3751, 1.1110, 0.8175 (three classes), by hand
  const usual = [0.4272, 0.3281, 0.2446]
  test.each([
    ['topk', usual],
    ['argmax', usual],
    ['zip.onnx', usual],
    ['o111c', usual],
    ['o11c', usual],
    ['soft0', usual],
    // a temperature before the softmax, a hundred behind it
    ['percent', [0.3517, 0.3336, 0.3146]],
    ['exporters2/qdqlogits', undefined],
  ])('%s: predict, layers and explain agree', async (name, right) => {
    await using(name, async (network) => {
      const top = await network.predict(photoOf(name), { top: 3 })
      const why = await network.explain(photoOf(name))
      expect([why.label, why.index, why.score]).toEqual([top[0]?.label, top[0]?.index, top[0]?.score])
      expect((await network.layers()).reduction.name).toBe(why.reductionLayer)
      expect((await network.inspect({ probe: true })).answer.value).toBe('class')
      for (const [k, score] of (right ?? []).entries()) expect(top.find(({ index }) => index === k)?.score).toBeCloseTo(score, 3)
      expect(why.warnings.map(({ code }) => code)).not.toContain('map-zero')
    })
  })

  test.each([
    ['o111c', 'green'],
    ['o11c', 'green'],
    ['topk', 'blue'],
  ])('%s: %s by its label', async (name, label) => {
    const why = await explained(name, label)
    expect(why.label).toBe(label)
    expect(why.warnings).toEqual([])
  })

  test('a softmax over the images is said, by explain and by inspect', async () => {
    expect((await explained('soft0')).warnings).toMatchObject([
      { code: 'softmax-axis', message: expect.stringContaining('do not sum to 1') },
    ])
    expect((await using('soft0', (network) => network.inspect())).warnings.map(({ code }) => code)).toContain('softmax-axis')
  })

  test('an embedding before the logits', async () => {
    const why = await using('exporters/embedding_first.onnx', (network) =>
      network.explain(tensor('exporters', 'embedding_first.npy'), { target: 1, upsample: 'none', activation: 'none', normalize: 'none' }),
    )
    expect(why.reductionLayer).toBe('logits')
    expect(why.logit).toBeCloseTo(-2.5915, 3)
    expectClose(why.raw.data, toFloat32(tensor('exporters', 'embedding_first_cam.npy')), { atol: 1e-5, rtol: 1e-4 })
  })

  test('a network in training mode is said, and run one by one', async () => {
    const why = await explained('trainbn', 0, 'occlusion')
    expect(why.warnings.map(({ code }) => code)).toContain('training-mode')
  })
})

describeShared('places', 'cases', () => {
  test.each(['seg-nhwc', 'seg-argmaxmap'])('%s: three classes, and shares of the picture', async (name) => {
    const top = await predicted(name)
    expect(top.map(({ label }) => label).sort()).toEqual(['blue', 'green', 'red'])
    expect(top.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6)
    const why = await explained(name)
    expect(why.label).toBe(`${top[0]?.label} in its region`)
    expect(why.top.map(({ label }) => label)).toEqual(top.map(({ label }) => label))
    expect((await explained(name, 'region:green')).label).toBe('green in its region')
  })

  test('shares by argmax, not by sums', async () => {
    const top = await predicted('exporters2/segshare')
    expect(top.map(({ label }) => label)).toEqual(['background', 'green', 'red'])
    for (const [k, share] of [0.832, 0.098, 0.07].entries()) expect(top[k]?.score).toBeCloseTo(share, 3)
    const green = await explained('exporters2/segshare', 'green')
    expect(green.scoreKind).toBe('logit')
    expect(green.warnings.map(({ code }) => code)).toContain('score-of-places')
  })

  test('a mask [N, H, W] of one class', async () => {
    expect((await explained('seg-mask3d', 'region:defect')).label).toBe('defect in its region')
    expect(await predicted('seg-mask3d')).toMatchObject([{ label: 'defect', index: 0 }])
  })

  test('depth: what can be asked; a box of it', async () => {
    const why = await explained('seg-depth', 'region:0@box:32,20,112,70')
    expect([why.map.width, why.map.height]).toEqual([64, 64])
    // 1/4 of the width times 1/4 of the height of 320×200
    expect(why.details).toEqual({ region: { places: 256, share: 1 / 16 } })
    for (const asked of [() => explained('seg-depth'), () => predicted('seg-depth')]) {
      const error = await refusal(asked)
      expect(error).toMatchObject({ code: 'bad-target', message: expect.stringContaining('out [1, 64, 64]') })
      expect(error.hint).toContain('region:0@box')
    }
  })
})

describeShared('sequences', 'cases', () => {
  test.each(['crnn-lstm', 'crnn-gru'])('%s: a step and a symbol', async (name) => {
    const error = await refusal(() => explained(name))
    expect(error.hint).toContain('value:logits[0,1]')
    const why = await explained(name, 'value:logits[0,1]', 'recipro-cam')
    expect(why.label).toBe('logits[0, 1]')
    expect((await explained(name, 'value:logits[0,1]', 'occlusion')).logit).toBeCloseTo(why.logit, 5)
    const beyond = await refusal(() => explained(name, 'value:logits[16,0]', 'occlusion'))
    expect(beyond.code).toBe('bad-index')
  })
})

describeShared('detectors', 'cases', () => {
  const box = (why: Explanation): number[] => (why.details as { boxes: [{ box: number[] }] }).boxes[0].box
  const near = (actual: readonly number[], right: readonly number[]): void => {
    for (const [i, x] of right.entries()) expect(Math.abs((actual[i] as number) - x)).toBeLessThan(0.6)
  }

  // cells of 8 pixels: the first candidate that sees nothing but red is in row and column 4, its box 36 ± 30 of 224 pixels, which is
  // 8.57…94.29 of 320 and 5.36…58.93 of 200; green's is in row and column 18, at 148 ± 30
  test.each([
    ['nas', 'box:green', [168.6, 105.4, 254.3, 158.9]],
    ['v8seg', 'box:red', [8.6, 5.4, 94.3, 58.9]],
    ['v8pose', 'box:top-1', [8.6, 5.4, 94.3, 58.9]],
    ['v8obb', 'box:red', [8.6, 5.4, 94.3, 58.9]],
    ['e2e3', 'box:green', [168.6, 105.4, 254.3, 158.9]],
    // centre 60, 37.5 and size 80, 50
    ['exporters2/threelabels', 'box:red', [20, 12.5, 100, 62.5]],
    ['exporters2/auxdet', 'box:red', [20, 12.5, 100, 62.5]],
  ] as const)('%s: %s', async (name, target, right) => near(box(await explained(name, target)), right))

  test.each([
    ['yolo/best.onnx', 'red', 1],
    ['v8seg', 'red', 1],
    ['v8pose', 'red', 1],
    ['v8obb', 'red', 1],
    ['e2e3', 'red', 1],
    ['exporters2/threelabels', 'red', 0.9508],
    ['exporters2/auxdet', 'red', 0.9508],
    ['exporters2/trailing', 'green', 0.75726],
    ['exporters2/queries', 'cyan', 0.72915],
  ])('%s: the best box by itself, %s', async (name, label, score) => {
    await using(name, async (network) => {
      const [best] = await network.predict(photoOf(name))
      expect(best?.label).toMatch(new RegExp(`^box \\d+: ${label}$`))
      expect(best?.score).toBeCloseTo(score, 3)
      const why = await network.explain(photoOf(name))
      expect([why.label, why.score.toFixed(5)]).toEqual([best?.label, best?.score.toFixed(5)])
      const contract = await network.inspect({ probe: true })
      expect([contract.answer.value, contract.task.value]).toEqual(['box', 'detection'])
    })
  })

  test('a class that no finished box has', async () => {
    expect(await refusal(() => explained('e2e3', 'box:blue'))).toMatchObject({
      code: 'target-absent',
      hint: expect.stringContaining('red, green'),
    })
  })

  test('raw offsets to anchors are refused, with what is missing', async () => {
    for (const asked of [() => explained('anchors', 'box:green'), () => explained('anchors'), () => predicted('anchors')]) {
      const error = await refusal(asked)
      expect(error).toMatchObject({ code: 'bad-target', message: expect.stringContaining('cannot be meant') })
      expect(error.hint).toContain('anchors')
    }
  })

  test('boxes that the model sorts by itself: refused, and a number before that is explained', async () => {
    const name = 'truth/sorted_boxes.onnx'
    const photo = tensor('truth', 'sorted_boxes.npy')
    const finished = { upsample: 'none', activation: 'none', normalize: 'none' } as const
    await using(name, async (network) => {
      for (const asked of [() => network.explain(photo), () => network.predict(photo)])
        expect(await refusal(asked)).toMatchObject({ code: 'bad-target', hint: expect.stringContaining('prob') })
      const why = await network.explain(photo, { target: 'value:prob[100,1]', ...finished })
      const right = toFloat32(tensor('truth', 'sorted_boxes_cam.npy'))
      // p(1 − p) of a probability of 0.999996 loses digits in float32
      expectClose(why.raw.data, right, { atol: 5e-3 * Math.max(...right.map(Math.abs)), rtol: 5e-3 })
    })
  })
})
