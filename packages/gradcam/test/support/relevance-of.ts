/** @file Relevance of tensors of a small model, as the rule tables spread it. */
import { gradient } from '../../src/gradient/gradient.ts'
import type { RuleTable } from '../../src/gradient/walk.ts'
import { readModel } from '../../src/graph/model.ts'
import { type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec } from './build.ts'
import { runtimeFor } from './providers.ts'

export const runtime = await runtimeFor('cpu')
export const wide = (tensor: Tensor | undefined): Float64Array => Float64Array.from(toFloat32(tensor as Tensor))
export const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0)

/** Relevance of `wrt` when `seed` reaches `of`. */
export const relevance = async (
  spec: ModelSpec,
  inputs: Record<string, Tensor>,
  of: string,
  seed: Tensor,
  wrt: string[],
  rules: RuleTable,
) => gradient(readModel(buildModel(spec)), runtime, { of: [{ tensor: of, seed }], wrt, inputs, rules })
