/** @file Gradients of single operators and small graphs against PyTorch's in float64: one test per case of ../shared/golden/ops. */
import { describe, expect, test } from 'vitest'
import { expectClose } from '../support/close.ts'
import { coveredOperators, pathOperators } from '../support/covered-operators.ts'
import { listOpCases, loadOpCase, type OpCase } from '../support/golden-ops.ts'
import { gradientsOf } from '../support/gradients.ts'
import { describeShared } from '../support/shared.ts'

/** How many of the cases the list of covered operators reaches: raise it together with that list. */
const expectedCases = 597

describeShared('gradients of operators', 'golden/ops/index.json', () => {
  const all = listOpCases()
  const paths = new Map(all.map((entry) => [entry, pathOf(entry)]))
  const missing = (entry: OpCase): string[] => [...(paths.get(entry) ?? [])].filter((name) => !coveredOperators.has(name))
  const compared = all.filter((entry) => paths.get(entry)?.size !== 0)
  const covered = compared.filter((entry) => missing(entry).length === 0)
  const left = [...new Set(all.flatMap(missing))].sort()
  const without = all.filter((entry) => !compared.includes(entry)).map((entry) => entry.path)

  test(`${covered.length} of ${all.length} cases run; left out for want of: ${left.join(' ')}; no gradient: ${without.join(' ')}`, () => {
    expect(covered.length).toBe(expectedCases)
  })

  for (const op of new Set(covered.map((entry) => entry.op))) {
    describe(op, () => {
      for (const entry of covered.filter((c) => c.op === op)) test(entry.path, () => gradientsAreTrue(entry))
    })
  }
})

function pathOf(entry: OpCase): Set<string> {
  const { model, grads, seeds } = loadOpCase(entry)
  return pathOperators(model, Object.keys(grads), Object.keys(seeds))
}

async function gradientsAreTrue(entry: OpCase): Promise<void> {
  const { model, inputs, seeds, grads, gradTolerance } = loadOpCase(entry)
  const gradients = await gradientsOf(model, inputs, seeds, Object.keys(grads))
  for (const [name, expected] of Object.entries(grads)) {
    const gradient = gradients[name]
    const tolerance = gradTolerance[name]
    if (gradient === undefined || tolerance === undefined) throw new Error(`no gradient for ${name}`)
    expectClose(gradient, expected, tolerance, `gradient of ${name}`)
  }
}
