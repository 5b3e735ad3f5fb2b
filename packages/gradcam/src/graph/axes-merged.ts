/** @file Where places lie after operators that combine tensors element by element. */
import { type Axes, type Axis, hasPlaces, isWhole, lengthOf, lengthOfAxis, other, tokenGrid } from './axes.ts'
import type { Shape } from './graph.ts'
import type { Known } from './places-rules.ts'

/** Whether a map can be read off: whole rows and columns on axes of their own, or a grid of tokens. */
export function isMapOf(axes: Axes, shape: Shape): boolean {
  const at = axes.flatMap((axis, i) => (hasPlaces(axis) ? [i] : []))
  if (at.length === 1) return tokenGrid(axes[at[0] as number] ?? []) !== undefined
  const [row = 0, column = 0] = at
  return (
    at.length === 2 && shape.length === 4 && column === row + 1 && isWhole(axes[row] ?? [], 'row') && isWhole(axes[column] ?? [], 'column')
  )
}

/** Of the operands, as they are broadcast, that which is a map tells the places: what is added to it lies where it does. */
export function merged(inputs: readonly string[], shape: Shape, known: Known): Axes | undefined {
  const operands = inputs.flatMap((name) => {
    const own = known.shapeOf(name)
    return name === '' || !own || own.length > shape.length ? [] : [{ name, axes: known.axesOf(name), shape: own }]
  })
  const full = operands.filter(({ shape: own }) => own.length === shape.length && own.every((dim, i) => dim === shape[i]))
  const map = full.find((each) => each.axes && isMapOf(each.axes, shape))
  if (map?.axes) return map.axes
  // sizes and conditions tell nothing of places
  const tells = (name: string): boolean => !['int64', 'bool'].includes(known.info.find(name)?.type ?? 'float32')
  const unknown = operands.some(({ name, axes }) => !axes && !known.isFixed(name) && tells(name))
  if (unknown || operands.length === 0) return undefined
  const main = full.find(({ axes }) => axes?.some(hasPlaces))
  if (main) return main.axes
  return shape.map((dim, i): Axis => {
    const length = lengthOf(dim)
    const candidates = operands.flatMap(({ axes, shape: own }) => (axes ? [axes[i - (shape.length - own.length)] ?? []] : []))
    return candidates.find((axis) => hasPlaces(axis) && lengthOfAxis(axis) === length) ?? other(length)
  })
}

/** Whole numbers that a tensor always holds. */
export function valuesOf({ info }: Known, name: string | undefined): number[] | undefined {
  const tensor = name ? info.constant(name) : undefined
  return tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}
