/** @file Batches of tensors along their first axis: one item of many, one item many times, several items as one tensor. */
import type { Tensor, TensorData } from './tensor.ts'

/** An array of the same kind. */
const sameKind = (data: TensorData, length: number): TensorData => new (data.constructor as new (length: number) => TensorData)(length)

/** One item of a batch, [1, …]; what is the same for all is handed on. */
export function item(tensor: Tensor, n: number, batch: number): Tensor {
  if (tensor.dims[0] !== batch || batch === 1) return tensor
  const size = tensor.data.length / batch
  return { ...tensor, dims: [1, ...tensor.dims.slice(1)], data: tensor.data.slice(n * size, (n + 1) * size) }
}

/** The same of everything that is fed. */
export const items = (feeds: Readonly<Record<string, Tensor>>, n: number, batch: number): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, item(tensor, n, batch)]))

/** One item, [1, …], as often as the batch is long. */
export function repeated(tensor: Tensor, times: number): Tensor {
  if (times === 1) return tensor
  return together(Array.from({ length: times }, () => tensor))
}

/** Items of one shape and type, one after the other. */
export function together(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor]
  if (tensors.length === 1) return first
  const data = sameKind(first.data, first.data.length * tensors.length)
  for (const [n, tensor] of tensors.entries()) data.set(tensor.data as never, n * first.data.length)
  return { ...first, dims: [tensors.length, ...first.dims.slice(1)], data }
}

/** Values of items, one after the other. */
export function stacked(rows: readonly Float32Array[]): Float32Array {
  const values = new Float32Array(rows.reduce((length, row) => length + row.length, 0))
  let at = 0
  for (const row of rows) {
    values.set(row, at)
    at += row.length
  }
  return values
}
