/** @file A measure of one's own on a run context, from end to end: deletion, whose scores are known by hand. */
import { expect, test } from 'vitest'
import type { Grid } from '../../src/core/pixels.ts'
import { float32 } from '../../src/core/tensor.ts'
import { neutralImage, type Neutral } from '../../src/run/neutral.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { buildModel } from '../support/build.ts'
import { withRunContext } from '../support/run-context.ts'
import { seedObjective } from '../support/seed-objective.ts'
import { mirror } from '../support/small-nets.ts'

/**
 * Deletion (Petsiuk et al. 2018, arXiv:1806.07421): the scores while the map's best places, 0, 1, 2 … `steps` parts of them, give way
 * to a neutral image, and the area under that curve. The lower it is, the better the map knows what the score hangs on.
 */
async function deletion(context: RunContext, map: Grid, { steps, fill }: { steps: number; fill: Neutral }) {
  const { channels, height, width } = context.image
  const order = Array.from(map.data.keys()).sort((a, b) => (map.data[b] ?? 0) - (map.data[a] ?? 0))
  const rank = new Float32Array(order.length)
  for (const [place, i] of order.entries()) rank[i] = place
  const forward = await context.forward({
    key: 'deletion',
    feeds: {
      keep: { shape: [1, height, width], each: true },
      fill: { shape: [channels, height, width], each: false },
    },
    image: (g, image, fed) => g.add(fed('fill'), g.mul(g.sub(image, fed('fill')), fed('keep'))),
    outputs: ({ score }) => ({ score }),
  })
  const kept = (step: number): Float32Array => rank.map((place) => (place < (step / steps) * order.length ? 0 : 1))
  const { score = new Float32Array() } = await forward.run(steps + 1, (from, size) => ({
    keep: Float32Array.from(Array.from({ length: size }, (_, i) => [...kept(from + i)]).flat()),
    fill: neutralImage(context, fill),
  }))
  const area = score.reduce((sum, value, i) => sum + value * (i === 0 || i === steps ? 0.5 : 1), 0) / steps
  return { scores: Array.from(score), area }
}

test('the score falls by what is deleted, best places first', async () => {
  // the score of class 0 is the sum of the image
  const image = float32([1, 4, 2, 3], [1, 1, 2, 2])
  const objective = seedObjective('scores', float32([1, 0], [1, 2]))
  const subject = { model: buildModel(mirror(2, 2)), inputs: { x: image }, objective, featureLayer: 'x' }
  const measured = (data: number[]) =>
    withRunContext(subject, (context) =>
      deletion(context, { width: 2, height: 2, data: Float32Array.from(data) }, { steps: 4, fill: 'zero' }),
    )
  const good = await measured([1, 4, 2, 3])
  expect(good.scores).toEqual([10, 6, 3, 1, 0])
  expect(good.area).toBeCloseTo((5 + 6 + 3 + 1 + 0) / 4, 6)
  const bad = await measured([4, 1, 3, 2])
  expect(bad.scores).toEqual([10, 9, 7, 4, 0])
  expect(bad.area).toBeGreaterThan(good.area)
})
