/** @file Gradients of single operators and small graphs against PyTorch's in float64: one test per case of ../shared/golden/ops. */
import { describe, expect, test } from 'vitest'
import { plain } from '../../src/gradient/tables.ts'
import { expectClose } from '../support/close.ts'
import { pathOperators } from '../support/path-operators.ts'
import { listOpCases, loadOpCase, type OpCase } from '../support/golden-ops.ts'
import { gradientsOf } from '../support/gradients.ts'
import { describeShared } from '../support/shared.ts'

describeShared('gradients of operators', 'golden/ops/index.json', () => {
  const all = listOpCases()
  const paths = new Map(all.map((entry) => [entry, pathOf(entry)]))
  const compared = all.filter((entry) => paths.get(entry)?.size !== 0)
  const without = all.filter((entry) => !compared.includes(entry)).map((entry) => entry.path)

  test(`${compared.length} of ${all.length} cases have a gradient; not: ${without.join(' ')}`, () => {
    expect(compared.length).toBeGreaterThan(0.99 * all.length)
  })

  test('every operator on the way has a rule', () => {
    const operators = new Set(compared.flatMap((entry) => [...(paths.get(entry) ?? [])]))
    expect([...operators].filter((name) => !Object.hasOwn(plain, name))).toEqual([])
  })

  for (const op of new Set(compared.map((entry) => entry.op))) {
    describe(op, () => {
      for (const entry of compared.filter((c) => c.op === op)) test(entry.path, () => gradientsAreTrue(entry))
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
