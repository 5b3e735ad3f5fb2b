/** @file Class targets of the golden networks, and explaining them. */
import { item } from '../../src/core/batch.ts'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { plain } from '../../src/gradient/tables.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { pathOperators } from './path-operators.ts'
import { explainAll } from './explain.ts'
import type { LoadedNet, NetTarget } from './golden-nets.ts'

/** Class targets: one class for all images, which is one index of axis 1. Pixels, boxes and free seeds are targets of another kind. */
export function classOf({ index, seed, score }: NetTarget): number | undefined {
  const classes = typeof index === 'number' ? [index] : (index ?? [])
  const oneClass = seed.dims.length === 2 && (typeof index === 'number' || index?.length === score.length) && new Set(classes).size === 1
  const positive = (seed.data as Float32Array).every((value) => value >= 0) // "minus the value" is a counterfactual
  return oneClass && positive ? classes[0] : undefined
}

export const isCovered = ({ model, features }: LoadedNet, { output }: NetTarget): boolean =>
  [...pathOperators(model, [features.tensor], [output])].every((operator) => Object.hasOwn(plain, operator))

/** The n-th image of a batch, [1, …]. */
export const imageAt = (all: Tensor, n: number): Tensor => item(all, n, all.dims[0] ?? 1)

/** Every image of the network's input, explained by each method in its order. */
export async function explainedBy(net: LoadedNet, options: ExplainOptions): Promise<ExplanationData[][]> {
  const [image = '', ...others] = Object.keys(net.inputs)
  const inputs = Object.fromEntries(others.map((name) => [name, net.inputs[name] as Tensor]))
  return explainAll(net.model, net.inputs[image] as Tensor, { ...options, inputs })
}

/** The same for one method. */
export const explained = async (net: LoadedNet, options: ExplainOptions): Promise<ExplanationData[]> =>
  (await explainedBy(net, options)).map(([only]) => only as ExplanationData)
