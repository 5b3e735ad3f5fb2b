/** @file The patch test itself, on layers whose answers are written down: it passes what sees far or is shifted, and no wrong order. */
import { expect, test } from 'vitest'
import { patchTest, type Patch, type Verdict } from '../../../../scripts/patch-test/answers.mjs'
import { rowByRow, shuffled, wrongOrders } from '../../../../scripts/patch-test/orders.mjs'
import { uniform } from '../../../../scripts/patch-test/uniform.mjs'

interface Layer {
  height: number
  width: number
  /** How far a place sees, and how far its middle lies beside it, in places. */
  sees: number
  shift?: number
  /** Part of each answer that has nothing to do with where the patch lies. */
  noise?: number
  /** The place of the picture that each element of the layer belongs to. Default: row by row. */
  places?: Int32Array
}

/** Answers fall off as a bell does, with noise of other patches each time. */
const tested = ({ height, width, sees, shift = 0, noise = 0, places = rowByRow(height, width).places }: Layer): Promise<Verdict> =>
  patchTest({
    height,
    width,
    answer: async (patch: Patch, seed: number, strength: number) => {
      const next = uniform(seed)
      return Float64Array.from(places, (place) => {
        const down = Math.floor(place / width) + 0.5 + shift - (patch.top + patch.height / 2) * height
        const across = (place % width) + 0.5 + shift - (patch.left + patch.width / 2) * width
        return strength * Math.exp(-(down * down + across * across) / (2 * sees * sees) + noise * (next() - 0.5))
      })
    },
  })

test.each<Layer>([
  { height: 8, width: 8, sees: 0.7 },
  { height: 8, width: 8, sees: 5 },
  { height: 4, width: 6, sees: 3, noise: 0.5 },
  { height: 16, width: 16, sees: 4, shift: -1.2 },
])('places of the picture pass, however far they see: %o', async (layer) => {
  expect(await tested(layer)).toMatchObject({ pass: true, answers: true })
})

test.each([
  [4, 4, 1],
  [4, 4, 4],
  [6, 4, 2],
  [5, 7, 3],
])(
  'none of the wrong orders of %i×%i passes, seeing %i',
  async (height, width, sees) => {
    const moved = wrongOrders(height, width).filter((order) => order.height === height)
    const orders = [...moved.filter((_, i) => i % 3 === 0), ...shuffled(height, width).slice(-2)]
    const passed = []
    for (const { name, places } of orders) if ((await tested({ height, width, sees, noise: 0.2, places })).pass) passed.push(name)
    expect(passed).toEqual([])
  },
  120_000,
)

test('places that answer alike to all of the picture fail, as do those that answer to nothing', async () => {
  for (const [height, width] of [
    [3, 3],
    [4, 4],
    [4, 6],
  ] as const)
    expect(await tested({ height, width, sees: 1e6, noise: 0.3 })).toMatchObject({ pass: false, answers: true })
  const silent = await patchTest({ height: 4, width: 4, answer: async () => new Float64Array(16) })
  expect(silent).toMatchObject({ pass: false, answers: false })
})
