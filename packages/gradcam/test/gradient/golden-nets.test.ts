/** @file Gradients of whole networks, to their feature maps and to their inputs, against PyTorch's in float64: ../shared/golden/nets. */
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { expectClose, type Tolerance } from '../support/close.ts'
import { listNets, loadNet } from '../support/golden-nets.ts'
import { gradientsOf } from '../support/gradients.ts'
import { describeShared } from '../support/shared.ts'

interface Job {
  title: string
  model: Uint8Array
  inputs: Record<string, Tensor>
  seeds: Record<string, Tensor>
  truth: Record<string, { gradient: Tensor; tolerance: Tolerance }>
}

function jobs(which: 'features' | 'inputs'): Job[] {
  return listNets().flatMap(({ net }) => {
    const { model, inputs, features, targets } = loadNet(net)
    return targets.flatMap((target, t) => {
      const truth =
        which === 'inputs'
          ? target.gradInputs
          : { [features.tensor]: { gradient: target.gradFeatures, tolerance: target.gradFeaturesTolerance } }
      if (Object.keys(truth).length === 0) return [] // only target 0 has gradients to the inputs
      return [{ title: `${net}, target ${t}: ${target.text}`, model, inputs, seeds: { [target.output]: target.seed }, truth }]
    })
  })
}

describeShared('gradients of networks', 'golden/nets/index.json', () => {
  for (const which of ['features', 'inputs'] as const) {
    describe(`to their ${which}`, () => {
      const all = jobs(which)
      const nets = new Set(all.map(({ title }) => title.split(',')[0]))
      test(`${all.length} gradients, of every network`, () => expect(nets.size).toBe(listNets().length))
      for (const job of all) test(job.title, () => gradientsAreTrue(job))
    })
  }
})

async function gradientsAreTrue({ model, inputs, seeds, truth }: Job): Promise<void> {
  const gradients = await gradientsOf(model, inputs, seeds, Object.keys(truth))
  for (const [name, expected] of Object.entries(truth)) {
    const gradient = gradients[name]
    if (gradient === undefined) throw new Error(`no gradient for ${name}`)
    expectClose(gradient, expected.gradient, expected.tolerance, `gradient of ${name}`)
  }
}
