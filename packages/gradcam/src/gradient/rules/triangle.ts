/** @file Triangles: Trilu, and the mask that hides the future. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'
import type { ElementType } from '../../core/tensor.ts'
import { fixedDims, type Rule } from '../rule.ts'

/** 1 at the places [row, column] that are inside, 0 elsewhere. */
export function triangle(
  g: Builder,
  rows: number,
  columns: number,
  type: ElementType,
  inside: (row: number, column: number) => boolean,
): Value {
  const mask = Float32Array.from({ length: rows * columns }, (_, i) => (inside(Math.floor(i / columns), i % columns) ? 1 : 0))
  return g.floats(mask, [rows, columns], type)
}

/** The lower or upper triangle passes. */
export const Trilu: Rule = (context) => {
  const { g, x, compact } = context
  const upper = context.int('upper', 1) !== 0
  const offset = context.has(1) ? (context.integers(1, 'diagonal')[0] ?? 0) : 0
  const [rows, columns] = fixedDims(context, x.shape.slice(-2)) as [number, number]
  const inside = (row: number, column: number): boolean => (upper ? column - row >= offset : column - row <= offset)
  return [g.mul(compact, triangle(g, rows, columns, x.type, inside))]
}
