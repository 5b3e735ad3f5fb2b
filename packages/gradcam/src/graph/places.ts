/** @file Follows the places of the image through the graph: along which axes of each tensor its rows and columns lie. */
import { type Axes, type Axis, hasPlaces, lengthOf, others, whole } from './axes.ts'
import type { Graph, Shape } from './graph.ts'
import { fixedTensors } from './path.ts'
import { axesAfter, type Known } from './places-rules.ts'
import type { TensorInfo } from './tensor-info.ts'

/** Axes by tensor. A tensor that is not there came through an operator that moves places in a way of its own. */
export type Places = ReadonlyMap<string, Axes>

const made = new WeakMap<TensorInfo, Places>()

/** The places of all tensors. */
export function placesOf(graph: Graph, info: TensorInfo): Places {
  const known = made.get(info)
  if (known) return known
  const places = follow(graph, info)
  made.set(info, places)
  return places
}

function follow(graph: Graph, info: TensorInfo): Places {
  const places = new Map<string, Axes>()
  const fixed = fixedTensors(graph)
  const shapeOf = (name: string): Shape | undefined => info.find(name)?.shape
  for (const { name } of graph.inputs) {
    const shape = shapeOf(name)
    if (!shape || shape.some((dim) => Number.isNaN(lengthOf(dim)))) continue
    const image = graph.image === undefined ? shape.length === 4 : graph.image === name
    places.set(name, image ? imageAxes(shape) : others(shape))
  }
  const known: Known = {
    info,
    shapeOf,
    isFixed: (name) => fixed.has(name),
    axesOf(name) {
      const axes = places.get(name)
      const shape = axes ? undefined : shapeOf(name)
      return axes ?? (fixed.has(name) && shape ? others(shape) : undefined)
    },
  }
  for (const node of graph.nodes) {
    if (node.outputs.every((name) => name === '' || fixed.has(name))) continue
    for (const [i, name] of node.outputs.entries()) {
      const shape = shapeOf(name)
      if (name === '' || !shape || shape.some((dim) => Number.isNaN(lengthOf(dim)))) continue
      const axes = axesAfter(node, i, shape, known)
      if (axes?.length === shape.length) places.set(name, axes)
    }
  }
  return places
}

/** [N, C, H, W], or [N, H, W, C] where only the last axis is short enough for colours. */
function imageAxes(shape: Shape): Axes {
  const rank = shape.length
  if (rank < 3) return others(shape)
  const colours = (dim: Shape[number] | undefined): boolean => typeof dim === 'number' && dim <= 4
  const row = colours(shape[rank - 1]) && !colours(shape[rank - 3]) ? rank - 3 : rank - 2
  return others(shape).map((axis, i): Axis => {
    const size = lengthOf(shape[i] as Shape[number])
    if (i === row) return whole('row', size)
    return i === row + 1 ? whole('column', size) : axis
  })
}

/** Whether no axis of a tensor tells places apart, for sure: queries, pooled features, weights. */
export const withoutPlaces = (places: Places, name: string): boolean => places.get(name)?.some(hasPlaces) === false
