/** @file What is seen of a tensor while shapes are worked out in plain numbers, and of a node as the rules read it. */
import type { ElementType } from '../../core/tensor.ts'
import { attributesOf, type NodeAttributes } from '../attributes.ts'
import type { GraphNode } from '../graph.ts'

/** Sizes in plain numbers: the batch has one. */
export type Sizes = readonly number[]

/** Type and sizes of a tensor; its elements where there are few and they hang on sizes and constants alone. */
export interface Seen {
  type: ElementType
  shape: Sizes
  value?: readonly number[] | undefined
}

/** A node with what is seen of its inputs. */
export interface SeenNode extends NodeAttributes {
  node: GraphNode
  /** By position; undefined where the input is left out, or nothing is known of it. */
  inputs: readonly (Seen | undefined)[]
  /** Whether an input is given at this position, known or not. */
  given(at: number): boolean
  opset: number
}

/**
 * What a node gives, output by output. Undefined where the inputs do not tell, or do not fit each other: then the runtime is asked, which
 * has the last word on what is an error.
 */
export type ShapeRule = (node: SeenNode) => readonly (Seen | undefined)[] | undefined

export const seenNode = (node: GraphNode, opset: number, seen: (name: string) => Seen | undefined): SeenNode => ({
  ...attributesOf(node),
  ...{ node, opset },
  inputs: node.inputs.map((name) => (name === '' ? undefined : seen(name))),
  given: (at) => (node.inputs[at] ?? '') !== '',
})

/** The numbers of an input, or of the attribute that older operator sets have in its place; undefined where they are not known. */
export function numbersAt({ inputs, given, ints }: SeenNode, at: number, attribute: string): Sizes | undefined {
  return given(at) ? inputs[at]?.value : ints(attribute)
}

/** An axis counted from the front; undefined outside the rank. */
export function axisIn(axis: number, rank: number): number | undefined {
  const own = axis < 0 ? axis + rank : axis
  return Number.isInteger(own) && own >= 0 && own < rank ? own : undefined
}

/** Axes counted from the front; undefined where one is outside, or named twice. */
export function axesIn(axes: Sizes, rank: number): number[] | undefined {
  const own = axes.map((axis) => axisIn(axis, rank) ?? -1)
  return own.includes(-1) || new Set(own).size < own.length ? undefined : own
}

/** The sizes that all operands broadcast to. */
export function broadcast(...shapes: Sizes[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map(({ length }) => length))
  const sizes = Array.from({ length: rank }, (_, i) => {
    const all = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((size) => size !== 1)
    return all.every((size) => size === all[0]) ? (all[0] ?? 1) : -1
  })
  return sizes.includes(-1) ? undefined : sizes
}

/** Every index of a tensor, in row-major order. */
export function* indicesOf(shape: Sizes): Generator<number[]> {
  const index = shape.map(() => 0)
  const count = shape.reduce((n, size) => n * size, 1)
  for (let i = 0; i < count; i++) {
    yield [...index]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1
      if ((index[axis] ?? 0) < (shape[axis] ?? 1)) break
      index[axis] = 0
    }
  }
}

/** The place of an index in row-major order; an axis of size 1 stands for all indices, missing leading axes too. */
export function placeOf(index: Sizes, shape: Sizes): number {
  const skip = index.length - shape.length
  return shape.reduce((place, size, axis) => place * size + (size === 1 ? 0 : (index[axis + skip] ?? 0)), 0)
}
