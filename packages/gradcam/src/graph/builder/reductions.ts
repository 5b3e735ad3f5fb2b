/** @file The builder's reductions and products of matrices, in the forms of every opset. */
import { broadcastShape, type Dim, sameShape, type Value } from '../graph.ts'
import type { Builder } from './builder.ts'
import type { Emitter } from './emission.ts'
import type { Shapes } from './shapes.ts'

export type Reductions = Pick<Builder, 'sum' | 'mean' | 'reduceMax' | 'reduceMin' | 'reduceProd' | 'sizeOver' | 'reduceTo' | 'matmul'>

export function reductions({ opset, node, int64 }: Emitter, { reshape, filled }: Shapes): Reductions {
  const reduce =
    (operator: string, axesAsInput: number) =>
    (x: Value, axes: readonly number[], keep = true) => {
      const gone = new Set(axes)
      // a reduction over axes of size 1 changes nothing but the rank
      const shape = keep ? x.shape.map((dim, i) => (gone.has(i) ? 1 : dim)) : x.shape.filter((_, i) => !gone.has(i))
      if (axes.every((axis) => x.shape[axis] === 1)) return reshape(x, shape)
      const keepdims = keep ? 1 : 0
      if (opset < axesAsInput) return node(operator, [x], { type: x.type, shape }, { axes, keepdims })
      return node(operator, [x, int64(axes)], { type: x.type, shape }, { keepdims })
    }
  const sum = reduce('ReduceSum', 13)
  const abs = (x: Value): Value => node('Abs', [x], x)
  const reduceTo: Builder['reduceTo'] = (x, shape) => {
    if (sameShape(x.shape, shape)) return x
    const extra = x.shape.length - shape.length
    const leading = Array.from({ length: Math.max(extra, 0) }, (_, i) => i)
    const inner = leading.length > 0 ? sum(x, leading, false) : x
    const axes = shape.flatMap((dim, i) => (dim === 1 && inner.shape[i] !== 1 ? [i] : []))
    return axes.length > 0 ? sum(inner, axes) : inner
  }
  const matmul: Builder['matmul'] = (a, b) => {
    const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const result = { type: a.type, shape: [...batch, a.shape.at(-2) as Dim, b.shape.at(-1) as Dim] }
    // where there is nothing to sum, the runtime leaves what lay in memory
    return a.shape.at(-1) === 0 ? filled(0, result) : node('MatMul', [a, b], result)
  }

  return {
    sum,
    mean: reduce('ReduceMean', 18),
    reduceMax: reduce('ReduceMax', 18),
    reduceMin: reduce('ReduceMin', 18),
    reduceProd: reduce('ReduceProd', 18),
    // over axes of size 1, too, it takes away signs
    sizeOver: (x, axes, keep) =>
      axes.every((axis) => x.shape[axis] === 1) ? sum(abs(x), axes, keep) : reduce('ReduceL1', 18)(x, axes, keep),
    reduceTo,
    matmul,
  }
}
