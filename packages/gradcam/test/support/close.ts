/** @file Comparing arrays of numbers, with failures that say where and how much. */
import { sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'

export interface Tolerance {
  atol: number
  rtol: number
}

type Values = Tensor | ArrayLike<number>

const isTensor = (values: Values): values is Tensor => 'dims' in values
const numbers = (values: Values): ArrayLike<number> => {
  if (!isTensor(values)) return values
  return values.data instanceof Float64Array ? values.data : toFloat32(values)
}

/** Throws unless |actual − expected| ≤ atol + rtol·|expected| everywhere. Two tensors must agree in shape, too. `what` begins the message. */
export function expectClose(actual: Values, expected: Values, { atol, rtol }: Tolerance, what = 'values'): void {
  const dims = isTensor(expected) ? expected.dims : undefined
  if (isTensor(actual) && dims !== undefined && actual.dims.join() !== dims.join()) {
    throw new Error(`${what}: shape [${actual.dims.join(', ')}], expected [${dims.join(', ')}]`)
  }
  const a = numbers(actual)
  const b = numbers(expected)
  if (a.length !== b.length) throw new Error(`${what}: ${a.length} values, expected ${b.length}`)
  let failures = 0
  let worst = -1
  let worstExcess = 0
  for (let i = 0; i < b.length; i++) {
    const x = a[i] ?? Number.NaN
    const y = b[i] ?? Number.NaN
    if (Object.is(x, y) || x === y) continue
    const difference = Math.abs(x - y)
    const excess = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / (atol + rtol * Math.abs(y))
    if (excess <= 1) continue
    failures++
    if (excess > worstExcess) [worst, worstExcess] = [i, excess]
  }
  if (failures === 0) return
  const place = dims === undefined ? `${worst}` : `[${position(worst, dims).join(', ')}]`
  throw new Error(
    `${what}: ${failures} of ${b.length} are off; the worst at ${place}: ${a[worst]}, expected ${b[worst]}, ` +
      `${worstExcess.toPrecision(3)} times the tolerance (atol ${atol}, rtol ${rtol}); relative error ${relativeError(a, b).toPrecision(3)}`,
  )
}

const position = (index: number, dims: readonly number[]): number[] =>
  dims.map((d, axis) => Math.floor(index / sizeOf(dims.slice(axis + 1))) % d)

/** max|a − b| / max|b|; 0 when both are zero everywhere, NaN when either holds a NaN. */
export function relativeError(actual: Values, expected: Values): number {
  const a = numbers(actual)
  const b = numbers(expected)
  if (a.length !== b.length) throw new Error(`${a.length} values, expected ${b.length}`)
  let difference = 0
  let largest = 0
  for (let i = 0; i < b.length; i++) {
    const y = b[i] ?? Number.NaN
    difference = Math.max(difference, Math.abs((a[i] ?? Number.NaN) - y)) // Math.max keeps NaN
    largest = Math.max(largest, Math.abs(y))
  }
  return difference === 0 ? 0 : difference / largest
}

/** Pearson's correlation; NaN where either is constant. */
export function pearson(actual: Values, expected: Values): number {
  const a = Float64Array.from(numbers(actual))
  const b = Float64Array.from(numbers(expected))
  if (a.length !== b.length) throw new Error(`${a.length} values, expected ${b.length}`)
  const mean = (v: Float64Array): number => v.reduce((sum, x) => sum + x, 0) / v.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] ?? 0) - meanA
    const y = (b[i] ?? 0) - meanB
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb)
}
