/** @file Raw maps of small networks: what a method computes before anything is made of it. */
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { explainAll } from './explain.ts'

export const exact = { atol: 1e-5, rtol: 1e-5 }
export const bare = { activation: 'none', upsample: 'none', normalize: 'none' } as const

/** Raw maps by target. */
export const raws = async (model: Uint8Array, x: Tensor, options: ExplainOptions): Promise<Float32Array[]> =>
  ((await explainAll(model, x, { ...bare, ...options }))[0] ?? []).map(({ raw }) => raw.data)
