/** @file Outputs that have little to explain: what is so is said, and what can be asked instead. */
import { describe, expect, test } from 'vitest'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node, type NodeSpec } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'

const image = numbers(5, [1, 3, 8, 8], 0.5, 1.5)

/** x → Conv `features` [N, k, 8, 8], and what `nodes` make of it. */
const net = (
  channels: number,
  outputs: Record<string, (number | string)[]>,
  nodes: NodeSpec[],
  bias: number[] = Array<number>(channels).fill(0),
): Uint8Array => {
  const weights = numbers(1, [channels, 3, 3, 3], -0.4, 0.4).data as Float32Array
  // a channel that is nothing but its bias
  const flat = Float32Array.from(weights, (value, i) => (bias[Math.floor(i / 27)] === 0 ? value : 0))
  return buildModel({
    inputs: { x: ['N', 3, 8, 8] },
    outputs,
    weights: {
      w: float32(flat, [channels, 3, 3, 3]),
      b: float32(bias, [channels]),
      table: float32([1, 2, 3, 4], [1, 4]),
      far: float32([-100], []),
    },
    nodes: [node('Conv', ['x', 'w', 'b'], 'features', { pads: [1, 1, 1, 1] }), ...nodes],
  })
}
const segmentation = { task: 'segmentation' } as const
const codes = (warnings: readonly { code: string }[]): string[] => warnings.map(({ code }) => code)

describe('a segmentation', () => {
  const classes = ['background', 'cat', 'dog']
  // the first class has 3 everywhere; the others are what the picture makes of them
  const still = net(3, { masks: ['N', 3, 8, 8] }, [node('Identity', ['features'], 'masks')], [3, 0, 0])
  const about = { labels: classes, hints: segmentation }

  test('whose largest class is constant: the next one is explained, and that is said', async () => {
    const why = await explainOne(still, image, { method: 'saliency' }, about)
    expect(why.label).toMatch(/^(cat|dog) in its region$/)
    expect(why.warnings.filter(({ code }) => code === 'class-constant')).toMatchObject([{ message: expect.stringContaining('background') }])
    expect(why.raw.data.some((value) => value !== 0)).toBe(true)
  })

  test('asked for the constant class by name', async () => {
    const why = await explainOne(still, image, { target: 'region:background', method: 'saliency' }, about)
    expect(codes(why.warnings)).toEqual(expect.arrayContaining(['class-constant', 'map-zero']))
    for (const { hint } of why.warnings) expect(hint).not.toContain('feature layer behind')
    expect(why.warnings.find(({ code }) => code === 'class-constant')?.hint).toMatch(/region:(cat|dog)/)
  })

  test('asked for another class by name: nothing is said of the constant one', async () => {
    const [seen] = (await explainOne(still, image, { method: 'saliency' }, about)).label.split(' ')
    const why = await explainOne(still, image, { target: `region:${seen}`, method: 'saliency' }, about)
    expect([why.label, codes(why.warnings)]).toEqual([`${seen} in its region`, []])
  })

  test('of one class that is seen nowhere', async () => {
    const one = net(1, { mask: ['N', 1, 8, 8] }, [node('Add', ['features', 'far'], 'low'), node('Sigmoid', ['low'], 'mask')])
    const error = await refusal(() => explainOne(one, image, { method: 'saliency' }, { labels: ['defect'], hints: segmentation }))
    expect(error).toMatchObject({
      code: 'target-absent',
      message: 'the network sees defect nowhere',
      hint: expect.stringContaining('a box or a point'),
    })
    const why = await explainOne(
      one,
      image,
      { target: 'region:defect@box:0,0,8,8', method: 'saliency' },
      { labels: ['defect'], hints: segmentation },
    )
    expect(why.raw.data.some((value) => value !== 0)).toBe(true)
  })

  test('of one class that it sees everywhere', async () => {
    const one = net(1, { mask: ['N', 1, 8, 8] }, [node('Abs', ['features'], 'size'), node('Sigmoid', ['size'], 'mask')])
    const why = await explainOne(one, image, { method: 'saliency' }, { labels: ['defect'], hints: segmentation })
    expect(why.label).toBe('defect in its region')
    expect(codes(why.warnings)).not.toContain('map-zero')
  })
})

describe('an output that is the same for all pictures', () => {
  const nodes = [
    node('GlobalAveragePool', ['features'], 'pooled'),
    node('Flatten', ['pooled'], 'logits'),
    node('Shape', ['x'], 'size'),
    node('Cast', ['size'], 'anchors', { to: 1 }),
    node('Identity', ['table'], 'prior'),
  ]
  const model = net(4, { logits: ['N', 4], prior: [1, 4], anchors: [4] }, nodes)

  test.each(['value:prior[1]', 'expression:sum(prior)', 'expression:prior[0] * 2'])('%s', async (target) => {
    for (const method of ['grad-cam', 'occlusion']) {
      const error = await refusal(() =>
        withNetwork(model, (network) =>
          network.explain({ tensor: image, region: undefined, photo: undefined }, { target, method, featureLayer: 'features' }),
        ),
      )
      expect(error.message).toMatch(/prior .*(same for all pictures|no values of its own for each image)/)
      expect(error.hint).toMatch(/logits|batch/)
    }
  })

  test('beside one that is not, it is a number like another', async () => {
    const why = await explainOne(model, image, { target: 'expression:logits[0] + logits[1]', featureLayer: 'features' })
    expect(codes(why.warnings)).toEqual([])
  })
})

test('labels of another number are said', async () => {
  const model = net(4, { logits: ['N', 4] }, [node('GlobalAveragePool', ['features'], 'pooled'), node('Flatten', ['pooled'], 'logits')])
  const why = await explainOne(model, image, { target: 0, featureLayer: 'features' }, { labels: ['a', 'b', 'c'] })
  expect(why.label).toBe('class 0')
  expect(why.warnings.find(({ code }) => code === 'labels-mismatch')?.hint).toContain('background first')
})

test('scores that are rounded to bytes: the tensors before them are named, and can be explained', async () => {
  const bytes = buildModel({
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 3] },
    outputTypes: { y: 'uint8' },
    weights: { w: numbers(1, [3, 3, 3, 3], -0.4, 0.4), many: float32([255], []) },
    nodes: [
      node('Conv', ['x', 'w'], 'features', { pads: [1, 1, 1, 1] }),
      node('GlobalAveragePool', ['features'], 'means'),
      node('Flatten', ['means'], 'scores'),
      node('Softmax', ['scores'], 'shares'),
      node('Mul', ['shares', 'many'], 'wide'),
      node('Cast', ['wide'], 'y', { to: 2 }),
    ],
  })
  const given = { tensor: image, region: undefined, photo: undefined }
  const asked = await Promise.all([
    refusal(() => explainOne(bytes, image)),
    refusal(() => withNetwork(bytes, (network) => network.predict(given, 3))),
  ])
  for (const { hint } of asked) expect(hint).toContain("`explain` takes a float tensor inside it: `reductionLayer: 'wide'` or")
  const [named = ''] = /(?<=')scores(?=')/.exec(asked[0]?.hint ?? '') ?? []
  expect((await explainOne(bytes, image, { reductionLayer: named, method: 'saliency' })).raw.data.some((value) => value !== 0)).toBe(true)
})
