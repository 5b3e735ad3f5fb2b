/** @file DFT: a product with cosines and sines, whose gradient is the product with the same numbers the other way. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, wrapped } from '../rule.ts'

// beyond this a product with a matrix is too much
const largest = 2 ** 25

/** y[m] = Σ x[n] · exp(∓2πi·mn/L), real numbers [.., n, 1] or pairs [.., n, 2]; the inverse divides by L. */
export const DFT: Rule = (context) => {
  const { g, x, y, dy, opset } = context
  const rank = x.shape.length
  const asInput = opset >= 20
  const given = asInput ? (context.has(2) ? (context.integers(2, 'axis')[0] ?? -2) : -2) : context.int('axis', 1)
  const axis = wrapped(given, rank)
  const inverse = context.int('inverse', 0) !== 0
  if (inverse && context.int('onesided', 0) !== 0) context.refuse('half an inverse (onesided) is not supported')
  const [size, parts, count] = fixedDims(context, [x.shape[axis], x.shape[rank - 1], y.shape[axis]] as Dim[]) as [number, number, number]
  const length = context.has(1) ? (context.integers(1, 'length')[0] ?? size) : size
  if (size * parts * count * 2 > largest) context.refuse(`its gradient would need ${size * parts * count * 2} numbers`)
  // [count · 2, size · parts]: what each number of y takes from each of x; what lies behind the length is cut off
  const matrix = new Float32Array(count * 2 * size * parts)
  for (let m = 0; m < count; m++) {
    for (let n = 0; n < Math.min(size, length); n++) {
      const angle = (2 * Math.PI * ((m * n) % length)) / length
      const [cos, sin] = [Math.cos(angle), inverse ? -Math.sin(angle) : Math.sin(angle)].map((value) =>
        inverse ? value / length : value,
      ) as [number, number]
      const at = (component: number, part: number): number => (m * 2 + component) * size * parts + n * parts + part
      matrix[at(0, 0)] = cos
      matrix[at(1, 0)] = -sin
      if (parts === 2) {
        matrix[at(0, 1)] = sin
        matrix[at(1, 1)] = cos
      }
    }
  }
  // the axis beside the pairs
  const order = [...x.shape.keys()].filter((i) => i !== axis && i !== rank - 1).concat(axis, rank - 1)
  const back = order.map((_, i) => order.indexOf(i))
  const others = order.slice(0, -2).map((i) => x.shape[i] as Dim)
  const rows: Value = g.reshape(g.transpose(dy, order), [...others, count * 2])
  const wide = g.matmul(others.length === 0 ? g.reshape(rows, [1, count * 2]) : rows, g.floats(matrix, [count * 2, size * parts], dy.type))
  return [g.transpose(g.reshape(wide, [...others, size, parts]), back)]
}
