/** @file Methods of a user's own: explained by, resolved, refused and kept apart as those of the table are. */
import { describe, expect, test } from 'vitest'
import { defineMethod } from '../../src/method/definition.ts'
import { buildModel } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { headed, images } from '../support/small-nets.ts'

const model = buildModel(headed())
const x = images(1)
const about = { title: 'Own', family: 'cam', source: 'these tests', cost: '1' } as const

const scaled = (factor: number) =>
  defineMethod({
    ...{ ...about, name: 'scaled', post: { activation: 'none', upsample: 'none', normalize: 'none' } },
    options: { power: { kind: 'choice', default: 'one', choices: ['one', 'two'], about: 'exponent' } },
    map: ({ g, activations }, { power }) =>
      g.sum(g.mul(power === 'two' ? g.mul(activations, activations) : activations, factor), [1], false),
  })

const constant = defineMethod({
  ...{ ...about, name: 'constant' },
  options: { value: { kind: 'number', default: 2, min: 0, max: 9, about: 'everywhere' } },
  async run(context, { value }) {
    const { width, height, score } = await context.forwardResult()
    return { width, height, data: new Float32Array(width * height).fill(value), details: { score, label: context.objective.label } }
  },
})

describe('a method of one run', () => {
  test('has its options in types, provenance and map', async () => {
    const plain = await explainOne(model, x, { target: 0, method: scaled(1) })
    const squared = await explainOne(model, x, { target: 0, method: scaled(1), options: { power: 'two' } })
    expect(plain.method).toBe('scaled')
    expect([plain.provenance.options, squared.provenance.options]).toEqual([{ power: 'one' }, { power: 'two' }])
    expect(Array.from(squared.map.data)).not.toEqual(Array.from(plain.map.data))
    await expect(explainOne(model, x, { target: 0, method: scaled(1), options: { power: 'three' } })).rejects.toThrow(
      /`options.power` is "three"/,
    )
  })

  test('two methods of one name have sessions of their own', async () => {
    const maps = await withNetwork(model, async (network) => {
      const [[one, three] = []] = await network.explain(
        { tensor: x, region: undefined, photo: undefined },
        { target: 0, method: [scaled(1), scaled(3)] },
      )
      return [one, three].map((why) => why?.map.data[0] ?? Number.NaN)
    })
    expect(maps[0]).not.toBe(0)
    expect(maps[1]).toBeCloseTo(3 * (maps[0] as number), 4)
  })
})

test('a procedure works beside a method of the table', async () => {
  await withNetwork(model, async (network) => {
    const [[own, grad] = []] = await network.explain(
      { tensor: x, region: undefined, photo: undefined },
      { target: 0, method: [constant, 'grad-cam'], options: { value: 3 } },
    )
    expect(new Set(own?.raw.data)).toEqual(new Set([3]))
    expect(own?.details).toMatchObject({ score: expect.closeTo(grad?.logit ?? 0, 4) as number, label: 'class 0' })
  })
})
