/** @file How far two tensors that should be the same are apart. */
import { type Tensor, toFloat32 } from '../core/tensor.ts'

const floats: ReadonlySet<string> = new Set(['float16', 'bfloat16', 'float32', 'float64'])

/**
 * Of floats the root mean square of their differences, as a part of that of the expected; infinite where one of two is no number, or
 * shapes differ. Of anything else the share of places that differ.
 */
export function apart(actual: Tensor | undefined, expected: Tensor): number {
  if (actual?.type !== expected.type || actual.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY
  return floats.has(expected.type) ? ofFloats(toFloat32(actual), toFloat32(expected)) : ofOthers(actual.data, expected.data)
}

function ofFloats(actual: Float32Array, expected: Float32Array): number {
  let [difference, size] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] as number, expected[i] as number]
    // the same infinity, or nothing on both sides
    if (Object.is(a, b)) size += Number.isFinite(b) ? b * b : 0
    else if (Number.isFinite(a) && Number.isFinite(b)) [difference, size] = [difference + (a - b) ** 2, size + b * b]
    else return Number.POSITIVE_INFINITY
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size)
}

function ofOthers(actual: Tensor['data'], expected: Tensor['data']): number {
  let others = 0
  for (let i = 0; i < expected.length; i++) if (actual[i] !== expected[i]) others++
  return others === 0 ? 0 : others / expected.length
}
