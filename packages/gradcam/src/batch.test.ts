/** @file Items of batches, and batches of items: no outside truth is needed, they undo each other. */
import { expect, test } from 'vitest'
import { item, items, repeated, together } from './core/batch.ts'
import { float32, type Tensor } from './core/tensor.ts'

const batch = float32([1, 2, 3, 4, 5, 6], [3, 2])

test('items put together again are the batch', () => {
  expect(together([0, 1, 2].map((n) => item(batch, n, 3)))).toEqual(batch)
  expect(item(batch, 1, 3)).toEqual(float32([3, 4], [1, 2]))
  expect(items({ x: batch }, 2, 3)).toEqual({ x: float32([5, 6], [1, 2]) })
})

test('what is the same for all items is handed on', () => {
  const size: Tensor = { type: 'int64', dims: [2], data: BigInt64Array.of(7n, 8n) }
  expect(item(size, 1, 3)).toBe(size)
})

test('copies keep type and shape', () => {
  const one: Tensor = { type: 'int64', dims: [1, 2], data: BigInt64Array.of(7n, 8n) }
  expect(repeated(one, 2)).toEqual({ type: 'int64', dims: [2, 2], data: BigInt64Array.of(7n, 8n, 7n, 8n) })
  expect(repeated(one, 1)).toBe(one)
})
