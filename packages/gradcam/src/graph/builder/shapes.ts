/** @file The builder's shapes: vectors of dimensions, Reshape, Transpose, Expand. Reshapes of reshapes and of multiples are folded. */
import { dataTypeOf } from '../../io/onnx-tensor.ts'
import { type Dim, sameShape, type Shape, type Value } from '../graph.ts'
import type { Arithmetic } from './arithmetic.ts'
import type { Builder, DimSource } from './builder.ts'
import type { Emitter } from './emission.ts'

export type Shapes = Pick<Builder, 'shapeVector' | 'reshape' | 'transpose' | 'expand' | 'filled'>

export function shapes({ opset, node, constant, floats, int64 }: Emitter, { mul, multipleOf }: Arithmetic, dimSource: DimSource): Shapes {
  const dimVector = (dim: Dim): Value => {
    if (typeof dim === 'number') return int64([dim])
    const source = dimSource(dim)
    if (!source) throw new Error(`no tensor of the model has the dimension ${dim}`)
    const shape = node('Shape', [source.tensor], { type: 'int64', shape: [source.tensor.shape.length] })
    return node('Gather', [shape, int64([source.axis])], { type: 'int64', shape: [1] }, { axis: 0 })
  }
  const shapeVector: Builder['shapeVector'] = (shape) => {
    if (shape.every((dim) => typeof dim === 'number')) return int64(shape)
    return node('Concat', shape.map(dimVector), { type: 'int64', shape: [shape.length] }, { axis: 0 })
  }
  // what a Reshape was made from: a second one starts there, and the first is pruned when nothing else reads it
  const beforeReshape = new Map<string, Value>()
  const reshape: Builder['reshape'] = (from, shape) => {
    if (sameShape(from.shape, shape)) return from
    // numbers come last, where the runtime may take them into a product of matrices
    const multiple = multipleOf(from.name)
    if (multiple) return mul(reshape(multiple.x, shape), multiple.factor)
    const x = beforeReshape.get(from.name) ?? from
    if (sameShape(x.shape, shape)) return x
    // one free dimension is written -1, one that stays in its place 0; others are read at run time
    const kept = shape.map((dim, axis) => (typeof dim === 'string' && x.shape[axis] === dim ? 0 : dim))
    const free = kept.filter((dim) => typeof dim === 'string').length
    const empty = shape.includes(0)
    const target = free <= 1 && !empty ? int64(kept.map((dim) => (typeof dim === 'string' ? -1 : dim))) : shapeVector(shape)
    const reshaped = node('Reshape', [x, target], { type: x.type, shape })
    beforeReshape.set(reshaped.name, x)
    return reshaped
  }
  const transpose: Builder['transpose'] = (x, permutation) =>
    permutation.every((axis, i) => axis === i)
      ? x
      : node('Transpose', [x], { type: x.type, shape: permutation.map((axis) => x.shape[axis] as Dim) }, { perm: permutation })
  const expand: Builder['expand'] = (x, shape) => {
    if (sameShape(x.shape, shape)) return x
    if (opset < 8) {
      const zeros = node('Cast', [shapeZeros(shape)], { type: x.type, shape }, { to: dataTypeOf(x.type) })
      return node('Add', [x, zeros], { type: x.type, shape })
    }
    // a free dimension that x has already may stand as 1: Expand broadcasts both ways
    const offset = shape.length - x.shape.length
    const target = shape.map((dim, axis) => (typeof dim === 'string' && x.shape[axis - offset] === dim ? 1 : dim))
    return node('Expand', [x, shapeVector(target)], { type: x.type, shape })
  }
  const shapeZeros = (shape: Shape): Value => {
    // opset 7 has neither Expand nor ConstantOfShape: Tile repeats a single zero
    const one = constant({ type: 'float32', dims: shape.map(() => 1), data: Float32Array.of(0) })
    return node('Tile', [one, shapeVector(shape)], { type: 'float32', shape })
  }

  const filled: Builder['filled'] = (value, { type, shape }) => {
    const ones = shape.map(() => 1)
    return expand(floats([value], ones, type), shape)
  }

  return { shapeVector, reshape, transpose, expand, filled }
}
