/** @file Recipro-CAM: what the network says when it sees the features of a single place. */
import { defineMethod } from '../definition.ts'
import { unmoved } from '../unmoved.ts'
import { choiceOption, choicesOf } from '../options.ts'

/** Weights of a place and its neighbours along one axis: the 3×3 Gaussian of the paper is their product with themselves. */
const neighbourhoods = {
  none: [0, 1, 0],
  gaussian: [0.25, 0.5, 0.25],
} as const satisfies Record<string, readonly [before: number, itself: number, after: number]>

/**
 * L_ij = y(A ⊙ M_ij), M_ij zero everywhere but at the place (i, j), or there and around it (Byun and Lee 2022,
 * arXiv:2209.14074, section 3). Class and register tokens stay as they are.
 */
export const reciproCam = defineMethod({
  name: 'recipro-cam',
  title: 'Recipro-CAM',
  family: 'cam',
  source: 'Byun and Lee 2022, arXiv:2209.14074',
  cost: '1 + places × the part behind the feature layer',
  // a single place seldom gives a score above 0: only the order of the places counts
  post: { activation: 'none' },
  options: {
    neighbourhood: choiceOption(
      'none',
      choicesOf(neighbourhoods),
      'what stays beside a place: nothing, or its neighbours by a 3×3 Gaussian',
    ),
  },
  async run(context, { neighbourhood }) {
    const { height, width } = context.layers.feature.layout
    const weights = neighbourhoods[neighbourhood]
    const forward = await context.forward({
      key: 'places',
      feeds: { rows: { shape: [1, height, 1], each: true }, columns: { shape: [1, 1, width], each: true } },
      features: (g, fed) => g.mul(fed('rows'), fed('columns')),
    })
    const { score: data = new Float32Array() } = await forward.run(height * width, (from, size) => ({
      rows: around(size, height, (i) => Math.floor((from + i) / width), weights),
      columns: around(size, width, (i) => (from + i) % width, weights),
    }))
    return { width, height, data, unmoved: await unmoved(context, data) }
  },
})

/** For each item a row of zeros with the weights around its place; what lies outside is dropped. */
function around(size: number, length: number, placeOf: (item: number) => number, weights: readonly number[]): Float32Array {
  const rows = new Float32Array(size * length)
  for (let i = 0; i < size; i++) {
    const place = placeOf(i)
    for (let step = -1; step <= 1; step++)
      if (place + step >= 0 && place + step < length) rows[i * length + place + step] = weights[step + 1] as number
  }
  return rows
}
