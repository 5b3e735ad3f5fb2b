/** @file DeepLIFT: the difference of the score to that of a reference, shared out among the differences of the pixels. */
import { deeplift as multipliers } from '../../gradient/tables/deeplift.ts'
import type { Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import { noProgress } from '../../core/progress.ts'
import type { Rows } from '../../run/forward.ts'
import type { RunContext } from '../../run/run-context.ts'
import { baselineOption } from '../neutral-option.ts'
import { neutralImage } from '../../run/neutral.ts'
import { overChannels } from './channels.ts'
import { type Attributed, outcomeOf } from './completeness.ts'
import { fromRow, inRows } from './rows.ts'

/** (x − x₀) ⊙ m, with the scores of both. `baseline` x₀ is [C, H, W]. */
export async function differences(context: RunContext, baseline: Float32Array): Promise<Attributed> {
  const { data: x, channels, height, width } = context.image
  const { score: before, ...reference } = await referenceValues(context, baseline)
  const names = Object.keys(reference)
  const forward = await context.forward({
    key: 'differences',
    feeds: Object.fromEntries(names.map((name) => [name, { shape: [(reference[name] as Float32Array).length], each: false }])),
    outputs: (context, fed) => {
      const values = new Map<string, Value>()
      const rules = multipliers((name, type) => {
        if (!(name in reference)) return undefined
        const known = values.get(name) ?? fromRow(context, fed(name), context.info.value(name).shape)
        values.set(name, known)
        return context.g.cast(known, type)
      })
      return { score: context.score, multiplier: context.imageGradient({ rules }) }
    },
  })
  const { score, multiplier = new Float32Array() } = await forward.run(1, () => reference)
  const data = Float64Array.from(x, (value, k) => (value - (baseline[k] as number)) * (multiplier[k] as number))
  return { data, channels, height, width, score: score?.[0] ?? Number.NaN, before: before?.[0] ?? Number.NaN }
}

/** A dry walk tells which tensors the rules ask for; they are read in a forward pass of the reference. */
async function referenceValues(context: RunContext, baseline: Float32Array): Promise<Rows> {
  const { channels, height, width } = context.image
  const forward = await context.forward({
    key: 'reference',
    feeds: { baseline: { shape: [channels, height, width], each: true } },
    image: (_, __, fed) => fed('baseline'),
    outputs: (context) => {
      const asked = new Map<string, Value>()
      context.imageGradient({
        rules: multipliers((name, type) => {
          const own = context.info.find(name)
          if (own) asked.set(name, own)
          return own && context.g.cast(own, type)
        }),
      })
      const read = [...asked].map(([name, value]) => [name, inRows(context, value)] as const)
      return { ...Object.fromEntries(read), score: context.score }
    },
  })
  return forward.run(1, () => ({ baseline }), noProgress)
}

/** C = (x − x₀) ⊙ m, the multipliers m by the Rescale rule (Shrikumar et al. 2017, arXiv:1704.02685, sections 3.2 and 3.5.2). */
export const deepLift = defineMethod({
  name: 'deeplift',
  title: 'DeepLIFT',
  family: 'saliency',
  signed: 'evidence',
  source: 'Shrikumar et al. 2017, arXiv:1704.02685',
  cost: '2 + about one backward to the image',
  options: { baseline: baselineOption, channels: overChannels('sum') },
  async run(context, { baseline, channels }) {
    const found = await differences(context, neutralImage(context, baseline))
    const hint = 'the network has operators whose differences cannot be shared out exactly: use integrated-gradients'
    return outcomeOf(found, channels, hint)
  },
})
