/** @file Follows the places of the image through the graph: along which axes of each tensor its rows and columns lie. */
import { attributesOf } from './attributes.ts'
import { type Axes, type Axis, lengthOf, others, whole } from './axes.ts'
import type { Graph, Shape } from './graph.ts'
import { traitsOf } from './operators.ts'
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
    places.set(name, image ? imageAxes(graph, name, shape) : others(shape))
  }
  const known: Known = {
    info,
    shapeOf,
    batch: shapeOf(graph.image ?? graph.inputs[0]?.name ?? '')?.[0],
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

/** [N, C, H, W], or [N, H, W, C] where only the last axis has as many entries as pixels have colours, or is turned to be the first. */
function imageAxes(graph: Graph, name: string, shape: Shape): Axes {
  const rank = shape.length
  if (rank < 3) return others(shape)
  const colours = (dim: Shape[number] | undefined): boolean => dim === 1 || dim === 3 || dim === 4
  const known = graph.image === name ? graph.channelsLast : undefined
  const last = known ?? (colours(shape[rank - 1]) && (!colours(shape[rank - 3]) || isTurned(graph, name)))
  const row = last ? rank - 3 : rank - 2
  return others(shape).map((axis, i): Axis => {
    const size = lengthOf(shape[i] as Shape[number])
    if (i === row) return whole('row', size)
    return i === row + 1 ? whole('column', size) : axis
  })
}

/** Whether an image's channels are put in front of its rows before anything slides over it. */
function isTurned(graph: Graph, image: string): boolean {
  let open: readonly string[] = [image]
  for (let steps = 0; steps < 8 && open.length > 0; steps++) {
    const readers = open.flatMap((name) => graph.consumers.get(name) ?? [])
    if (readers.some((node) => node.operator === 'Transpose' && attributesOf(node).ints('perm')?.join() === '0,3,1,2')) return true
    open = readers.filter((node) => traitsOf(node).channels === undefined).flatMap(({ outputs }) => outputs.slice(0, 1))
  }
  return false
}
