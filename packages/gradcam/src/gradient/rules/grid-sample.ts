/** @file GridSample: samples are products with one sampling matrix per axis. */
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import { fixedDims } from '../rule.ts'
import { sizeOf } from '../../core/tensor.ts'
import { type Border, type SampleMode, samplingMatrix } from './sampling.ts'
import { product } from './selection.ts'

const modes: Readonly<Record<string, SampleMode>> = {
  bilinear: 'linear',
  linear: 'linear',
  bicubic: 'cubic',
  cubic: 'cubic',
  nearest: 'nearest',
}
// elements of the largest intermediate tensor, per image
const largest = 2 ** 28

/** Y[n, c, p] = Σ X[n, c, i, j, …] · A₀[n, p, i] · A₁[n, p, j] · …, the last axis first */
export const GridSample = composite((context) => {
  const { g, x, b: grid, y } = context
  const [batch] = x.shape as [Dim]
  const [channels, ...sizes] = fixedDims(context, x.shape.slice(1)) as [number, ...number[]]
  const [samples] = fixedDims(context, [product(grid.shape.slice(1, -1))]) as [number]
  const needed = channels * sizeOf(sizes.slice(0, -1)) * samples
  if (needed > largest) {
    context.refuse(`its gradient would need ${needed} values per image`, 'choose a smaller input size, or a feature layer after this node')
  }
  const mode = modes[context.string('mode', 'bilinear')] ?? context.refuse('its mode is not known')
  const sampling = { mode, align: context.int('align_corners', 0) !== 0, border: context.string('padding_mode', 'zeros') as Border }
  const flat = g.reshape(grid, [batch, samples, sizes.length])
  /** [N, size, P]; the grid names the last axis first. */
  const matrixOf = (axis: number, size: number): Value => {
    const at = sizes.length - 1 - axis
    const coordinate = g.reshape(g.slice(flat, 2, at, at + 1), [batch, samples])
    return g.transpose(samplingMatrix(g, coordinate, { ...sampling, size }), [0, 2, 1])
  }
  const last = sizes.length - 1
  let rows = g.matmul(
    g.reshape(x, [batch, channels * sizeOf(sizes.slice(0, last)), sizes[last] as number]),
    matrixOf(last, sizes[last] as number),
  )
  for (let axis = last - 1; axis >= 0; axis--) {
    const size = sizes[axis] as number
    const apart = g.reshape(rows, [batch, channels * sizeOf(sizes.slice(0, axis)), size, samples])
    rows = g.sum(g.mul(apart, g.reshape(matrixOf(axis, size), [batch, 1, size, samples])), [2], false)
  }
  return g.reshape(rows, y.shape)
})
