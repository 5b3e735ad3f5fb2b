/** @file Conformance checks of ../shared/golden: every case of an operator and every network, by the true gradients that lie there. */
import { existsSync } from 'node:fs'
import { zeroGradient } from '../../src/gradient/rules/zero.ts'
import { plain } from '../../src/gradient/tables.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { expectClose, type Tolerance } from '../support/close.ts'
import { type Check, type Loosen } from './conformance-check.ts'
import { pathOperators } from '../support/path-operators.ts'
import { listNets, loadNet, type NetEntry } from '../support/golden-nets.ts'
import { listOpCases, loadOpCase, opModel, type OpCase } from '../support/golden-ops.ts'
import { gradientsOf } from '../support/gradients.ts'
import { sharedPath } from '../support/shared.ts'

/** All of them, or none where the shared data is missing. */
export function goldenChecks(): Check[] {
  if (!existsSync(sharedPath('golden/ops/index.json'))) return []
  return [...listOpCases().map(ofOperator), ...listNets().flatMap(ofNetwork)]
}

const zero = new Set<string>(zeroGradient)

function ofOperator(entry: OpCase): Check {
  return {
    title: entry.path,
    operators: Object.hasOwn(plain, entry.op) ? [entry.op] : inside(entry),
    opset: entry.opset,
    model: () => ({ bytes: opModel(entry.path), inputs: loadOpCase(entry).inputs }),
    async run(runtime, loosen) {
      const { model, inputs, seeds, grads, gradTolerance } = loadOpCase(entry)
      const truth = Object.entries(grads).map(([name, gradient]) => ({ name, gradient, tolerance: gradTolerance[name] as Tolerance }))
      await expectGradients({ model, inputs, seeds, truth }, runtime, loosen)
    },
  }
}

/** Operators of a graph of several: those that its gradient passes through, and those that let none pass. */
function inside(entry: OpCase): string[] {
  const { model, grads, seeds } = loadOpCase(entry)
  const path = pathOperators(model, Object.keys(grads), Object.keys(seeds))
  return [...new Set([...path, ...entry.nodes.filter((name) => zero.has(name))])].filter((name) => Object.hasOwn(plain, name)).sort()
}

/** One check per target: to the features, and for the first one to the inputs, too. */
function ofNetwork({ net, opset }: NetEntry): Check[] {
  const { targets } = loadNet(net)
  return targets.map(
    (target, t): Check => ({
      title: `network ${net}, target ${t}`,
      operators: [],
      opset,
      model: () => {
        const { model, inputs } = loadNet(net)
        return { bytes: model, inputs }
      },
      async run(runtime, loosen) {
        const { model, inputs, features } = loadNet(net)
        const toInputs = Object.entries(target.gradInputs).map(([name, { gradient, tolerance }]) => ({ name, gradient, tolerance }))
        const toFeatures = { name: features.tensor, gradient: target.gradFeatures, tolerance: target.gradFeaturesTolerance }
        await expectGradients({ model, inputs, seeds: { [target.output]: target.seed }, truth: [toFeatures, ...toInputs] }, runtime, loosen)
      },
    }),
  )
}

interface Expected {
  model: Uint8Array
  inputs: Record<string, Tensor>
  seeds: Record<string, Tensor>
  truth: readonly { name: string; gradient: Tensor; tolerance: Tolerance }[]
}

async function expectGradients({ model, inputs, seeds, truth }: Expected, runtime: Runtime, loosen: Loosen): Promise<void> {
  const gradients = await gradientsOf(
    model,
    inputs,
    seeds,
    truth.map(({ name }) => name),
    runtime,
  )
  for (const { name, gradient, tolerance } of truth) {
    expectClose(gradients[name] as Tensor, gradient, loosen(tolerance), `gradient of ${name}`)
  }
}
