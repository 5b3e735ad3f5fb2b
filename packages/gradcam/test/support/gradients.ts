/** @file The one adapter between the golden tests and the gradient code. */
import { gradient } from '../../src/gradient/gradient.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { runtimeFor } from './providers.ts'

const cpu = await runtimeFor('cpu')

/** d( Σ seed · output ) / d tensor for every name in `wrt`: inputs, initializers or inner tensors; zeros where independent. */
export function gradientsOf(
  model: Uint8Array,
  inputs: Record<string, Tensor>,
  seeds: Record<string, Tensor>,
  wrt: readonly string[],
  runtime: Runtime = cpu,
): Promise<Record<string, Tensor>> {
  const of = Object.entries(seeds).map(([tensor, seed]) => ({ tensor, seed }))
  return gradient(readModel(model), runtime, { of, wrt, inputs })
}
