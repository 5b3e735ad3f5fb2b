/** @file Detectors whose boxes are raw numbers: the family, boxes and scores known by hand, maps on the object at its scale. */
import { describe, expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { cellsOf, logits, rawDetector, rawPicture, rawThings, type RawThing } from '../support/raw-detectors.ts'
import { buildModel } from '../support/build.ts'
import { explainOne, withNetwork } from '../support/explain.ts'
import { rawBox, type RawCase, rawFamilies } from '../support/raw-families.ts'
import { refusal } from '../support/refusal.ts'

const colours = ['red', 'green', 'blue'] as const
const given = (tensor: ReturnType<typeof rawPicture>) => ({ tensor, region: undefined, photo: undefined })
const cases: [string, RawCase][] = Object.entries(rawFamilies)

describe.each(cases)('%s', (_, family) => {
  const model = buildModel(rawDetector(family))
  const { things = rawThings, candidate, warnings = [] } = family
  const labels = candidate ? ['face'] : colours
  const picture = rawPicture(family)
  const targetOf = (thing: RawThing): string => `box:${candidate?.(thing) ?? thing}`

  test('family, boxes, scores', async () => {
    await withNetwork(
      model,
      async (network) => {
        const { detector } = network.answer(await network.tensorInfo())
        expect(detector?.family).toMatch(family.family)
        for (const thing of colours) {
          const [[why] = []] = await network.explain(given(picture), { target: targetOf(thing) })
          expect(why?.score).toBeCloseTo(family.score(logits[thing]), 5)
          const { boxes } = (why as ExplanationData).details as unknown as { boxes: [{ box: number[] }] }
          for (const [i, x] of rawBox(family, thing).entries()) expect(Math.abs((boxes[0].box[i] ?? Number.NaN) - x)).toBeLessThan(1)
        }
        const found = await network.predict(given(picture), 3)
        const names = found.map(({ label }) => label.replace(/^box \d+: /, '')).sort()
        expect(names).toEqual(candidate ? ['face', 'face', 'face'] : ['blue', 'green', 'red'])
      },
      { labels },
    )
  })

  test.each(colours)('%s: the map at the layer of its scale', async (thing) => {
    const asked = { target: targetOf(thing), upsample: 'none', normalize: 'none', activation: 'none' } as const
    const why = await explainOne(model, picture, asked, { labels })
    const { stride, column, row } = things[thing]
    const side = cellsOf(stride)
    expect([why.featureLayer, why.raw.height, why.raw.width]).toEqual([`features${stride}`, side, side])
    expect(why.warnings.map(({ code }) => code)).toEqual(warnings)
    // where other things lie on the same scale the channel of another colour has no weight
    for (const [i, x] of why.raw.data.entries())
      if (i === row * side + column) expect(x).toBeGreaterThan(1e-6)
      else expect(x).toBeCloseTo(0, 7)
  })

  test('nothing in the picture', async () => {
    const attempt = explainOne(model, rawPicture(family, colours), {}, { labels })
    // conventions that exclude each other are told apart by what is found
    if (family.several) return expect((await refusal(() => attempt)).message).toMatch(/finds nothing .* ways|cannot be meant/)
    const why = await attempt
    expect(why.score).toBeCloseTo(family.score(-4), 2)
    expect(why.warnings.some(({ code }) => code === 'box-faint')).toBe(why.score < 0.05)
  })

  test('scores that are NaN', async () => {
    const broken = { ...picture, data: new Float32Array(picture.data.length).fill(Number.NaN) }
    const error = await refusal(() => explainOne(model, broken, {}, { labels }))
    expect(error).toMatchObject({ code: 'bad-target', message: expect.stringContaining('NaN') })
  })
})
