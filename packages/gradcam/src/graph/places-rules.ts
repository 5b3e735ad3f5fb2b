/** @file Where the places of an operator's output lie, from where those of its inputs do. */
import { attributesOf } from './attributes.ts'
import {
  type Axes,
  type Axis,
  hasPlaces,
  isWhole,
  joined,
  lengthOf,
  lengthsOf,
  other,
  others,
  positive,
  regrouped,
  sliced,
  whole,
  without,
} from './axes.ts'
import { isMapOf, merged, valuesOf } from './axes-merged.ts'
import type { Dim, GraphNode, Shape } from './graph.ts'
import { operatorName, traitsOf } from './operators.ts'
import type { TensorInfo } from './tensor-info.ts'

/** What is known of the tensors before a node. */
export interface Known {
  info: TensorInfo
  shapeOf(name: string): Shape | undefined
  isFixed(name: string): boolean
  /** Images of a run, as shapes write them. */
  batch: Dim | undefined
  /** Undefined where nothing is known of a computed tensor. */
  axesOf(name: string): Axes | undefined
}

type PlaceRule = (node: GraphNode, output: number, shape: Shape, known: Known) => Axes | undefined

/** The axes of an output; undefined where they cannot be told. */
export function axesAfter(node: GraphNode, output: number, shape: Shape, known: Known): Axes | undefined {
  const rule = rules.get(operatorName(node))
  if (rule) return rule(node, output, shape, known)
  const { kind, moves } = traitsOf(node)
  if (moves === 'reshapes') return reshaping(node, output, shape, known)
  if (kind === undefined || kind === 'control') return undefined
  if (kind === 'attention') return attending(node, output, shape, known)
  return merged(node.inputs, shape, known)
}

const first = ({ inputs }: GraphNode, { axesOf }: Known, at = 0): Axes | undefined => axesOf(inputs[at] ?? '')

const reshaping: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  return axes && regrouped(axes, lengthsOf(shape))
}

/** Windows that slide over a map, sizes that change: what was a whole map is one again. Nothing else stays but what keeps its length. */
const sliding: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  const lengths = lengthsOf(shape)
  if (!axes) return shape.length === 4 && shape[0] === known.batch && traitsOf(node).kind === 'convolution' ? spread(lengths) : undefined
  const before = known.shapeOf(node.inputs[0] ?? '') ?? []
  return lengths.map((length, i): Axis => {
    const axis = axes[i] ?? []
    if (length === lengthOf(before[i] ?? 0)) return axis
    if (isWhole(axis, 'row')) return whole('row', length)
    return isWhole(axis, 'column') ? whole('column', length) : other(length)
  })
}

/** A convolution behind an operator of which nothing is known: what it slides over are places, where it sees whole images and no windows. */
const spread = ([batch = 1, channels = 1, height = 1, width = 1]: readonly number[]): Axes => [
  other(batch),
  other(channels),
  whole('row', height),
  whole('column', width),
]

const permuting: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  const order = attributesOf(node).ints('perm') ?? shape.map((__, i) => shape.length - 1 - i)
  return axes && order.map((i) => axes[i] ?? [])
}

/** What is pooled within windows leaves the map of windows. */
const reducing: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  if (!axes) return undefined
  const kept = shape.length === axes.length
  const given = kept ? axes.flatMap((__, i) => (lengthOf(shape[i] ?? 1) === 1 ? [i] : [])) : attributesOf(node).ints('axes')
  const at = given ?? valuesOf(known, node.inputs[1])
  if (!at) return shape.length === 0 ? [] : undefined
  const gone = new Set(at.map((axis) => positive(axis, axes.length)))
  const rest = without(
    axes.map((axis, i) => (gone.has(i) ? [] : axis)),
    [...gone].flatMap((i) => axes[i] ?? []),
  )
  return kept ? rest : rest.filter((__, i) => !gone.has(i))
}

const joining =
  (from: number, every: number): PlaceRule =>
  (node, _, shape, known) => {
    const names = node.inputs.filter((__, i) => i >= from && (i - from) % every === 0)
    const at = positive(attributesOf(node).int('axis', 0), shape.length)
    const all = names.map((name) => known.axesOf(name))
    const clean = all.findIndex((axes, i) => axes && isMapOf(axes, known.shapeOf(names[i] ?? '') ?? []))
    const main = all[clean] ?? all.find((axes) => axes?.some((axis, i) => i !== at && hasPlaces(axis))) ?? all.find(Boolean)
    if (!main) return undefined
    const along = all.every(Boolean) ? joined(all.map((axes) => axes?.[at] ?? [])) : undefined
    if (!along && hasPlaces(main[at] ?? [])) return undefined
    return main.map((axis, i) => (i === at ? (along ?? other(lengthOf(shape[at] ?? 1))) : axis))
  }

const slicing: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  if (!axes) return undefined
  const attributes = attributesOf(node)
  const starts = attributes.ints('starts') ?? valuesOf(known, node.inputs[1])
  const at = attributes.ints('axes') ?? valuesOf(known, node.inputs[3]) ?? starts?.map((__, i) => i)
  const steps = valuesOf(known, node.inputs[4])
  return axes.map((axis, i) => {
    const size = lengthOf(shape[i] ?? 1)
    const k = at?.findIndex((each) => positive(each, axes.length) === i) ?? -1
    const before = lengthOf(known.shapeOf(node.inputs[0] ?? '')?.[i] ?? 1)
    if (k < 0 && size === before) return axis
    const start = starts?.[k]
    return start === undefined ? other(size) : sliced(axis, Math.max(0, positive(start, before)), size, steps?.[k] ?? 1)
  })
}

const splitting: PlaceRule = (node, output, shape, known) => {
  const axes = first(node, known)
  const at = positive(attributesOf(node).int('axis', 0), shape.length)
  const size = (name: string): number => lengthOf(known.shapeOf(name)?.[at] ?? Number.NaN)
  const start = node.outputs.slice(0, output).reduce((n, name) => n + size(name), 0)
  return axes?.map((axis, i) => (i === at ? sliced(axis, start, lengthOf(shape[at] ?? 1), 1) : axis))
}

/** Chosen places are the places of the map only where the choice is fixed and in their order. */
const gathering: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  const [data = '', index = ''] = node.inputs
  const rank = known.shapeOf(index)?.length
  if (!axes || rank === undefined) return undefined
  const at = positive(attributesOf(node).int('axis', 0), axes.length)
  const chosen = valuesOf(known, index)
  const length = lengthOf(known.shapeOf(data)?.[at] ?? 1)
  const along = rank === 1 ? [gathered(axes[at] ?? [], length, lengthOf(shape[at] ?? 1), chosen)] : others(shape.slice(at, at + rank))
  return [...axes.slice(0, at), ...along, ...axes.slice(at + 1)]
}

function gathered(axis: Axis, length: number, size: number, chosen: readonly number[] | undefined): Axis {
  if (!hasPlaces(axis) || !chosen || chosen.length !== size) return other(size)
  const indices = chosen.map((each) => positive(each, length))
  const [start = 0] = indices
  if (indices.every((each, i) => each === start + i)) return sliced(axis, start, size, 1)
  // rows that are repeated or left out in order, from end to end
  const ordered = indices.every((each, i) => i === 0 || each >= (indices[i - 1] as number))
  const covers = start < length / 4 && (indices.at(-1) ?? 0) >= (3 * length) / 4 - 1
  const of = isWhole(axis, 'row') ? 'row' : isWhole(axis, 'column') ? 'column' : undefined
  return of && ordered && covers ? whole(of, size) : other(size)
}

/** Some elements along an axis, in an order of their own. */
const choosing: PlaceRule = (node, _, shape, known) => {
  const at = positive(attributesOf(node).int('axis', operatorName(node) === 'TopK' ? -1 : 0), shape.length)
  return first(node, known)?.map((axis, i) => (i === at ? other(lengthOf(shape[i] ?? 1)) : axis))
}

/** Copies along an axis are no places; what keeps its length stays. */
const tiling: PlaceRule = (node, _, shape, known) => {
  const [name = ''] = node.inputs
  const before = known.shapeOf(name) ?? []
  return first(node, known)?.map((axis, i) => (before[i] === shape[i] ? axis : other(lengthOf(shape[i] ?? 1))))
}

const multiplying =
  (left: number, right: number): PlaceRule =>
  (node, _, shape, known) => {
    const turned = (axes: Axes | undefined, how: string): Axes | undefined =>
      axes && attributesOf(node).int(how, 0) !== 0 ? [...axes.slice(0, -2), axes.at(-1) ?? [], axes.at(-2) ?? []] : axes
    const a = turned(first(node, known, left), 'transA')
    const b = turned(first(node, known, right), 'transB')
    const ranks = [left, right].map((at) => known.shapeOf(node.inputs[at] ?? '')?.length ?? 0)
    if (!a && !b) return undefined
    if (Math.min(...ranks) < 2) return others(shape)
    const lengths = lengthsOf(shape)
    const batch = lengths.slice(0, -2).map((length, i) => {
      const at = (axes: Axes | undefined): Axis => axes?.[i - (shape.length - axes.length)] ?? []
      return [at(a), at(b)].find(hasPlaces) ?? other(length)
    })
    // what nothing is known of may have places: the product is unknown, too
    if (!a || (!b && !known.isFixed(node.inputs[right] ?? ''))) return undefined
    return [...batch, a.at(-2) ?? [], b?.at(-1) ?? other(lengths.at(-1) ?? 1)]
  }

const linear: PlaceRule = (node, _, shape, known) => {
  const axes = first(node, known)
  const rows = attributesOf(node).int('transA', 0) === 0 ? axes?.[0] : axes?.[1]
  return rows && [rows, other(lengthOf(shape[1] ?? 1))]
}

/** The answers of attention lie where its queries do. */
const attending: PlaceRule = (node, output, shape, known) => {
  const axes = first(node, known)
  if (!axes || output > 0) return undefined
  if (shape.length === 4) return [...axes.slice(0, 3), other(lengthOf(shape[3] ?? 1))]
  return [axes[0] ?? [], axes[1] ?? [], other(lengthOf(shape[2] ?? 1))]
}

const summing: PlaceRule = (node, _, shape, known) => {
  const [from, to] = attributesOf(node).string('equation', '').replaceAll(/\s/g, '').split('->')
  if (!from || to === undefined || from.includes('.')) return undefined
  const terms = from.split(',')
  const all = node.inputs.map((name) => known.axesOf(name))
  if (all.some((axes, i) => !axes && !known.isFixed(node.inputs[i] ?? ''))) return undefined
  return to.split('').map((letter, i) => {
    const found = terms.flatMap((term, k) => (term.includes(letter) ? [all[k]?.[term.indexOf(letter)] ?? []] : []))
    return found.find(hasPlaces) ?? other(lengthOf(shape[i] ?? 1))
  })
}

/**
 * What is sampled lies where the points do: those of deformable attention belong to queries, or to places that ask. Points without places
 * that sample whole images turn or shear them, and where that puts a place is not known.
 */
const sampling: PlaceRule = (node, _, shape, known) => {
  const [axes, points] = [first(node, known), first(node, known, 1)]
  if (!axes || points?.length !== axes.length) return undefined
  if (!points.some(hasPlaces) && shape[0] === known.batch) return undefined
  return [axes[0] ?? [], axes[1] ?? [], ...points.slice(1, -1)]
}

/** Regions, hidden states: something else lies along every axis. */
const leaving: PlaceRule = (_, __, shape) => others(shape)
const unknown: PlaceRule = () => undefined

const each = (names: readonly string[], rule: PlaceRule): [string, PlaceRule][] => names.map((name) => [name, rule])

const rules: ReadonlyMap<string, PlaceRule> = new Map([
  ...each(
    ['Conv', 'ConvTranspose', 'QLinearConv', 'ConvInteger', 'com.microsoft:FusedConv', 'com.microsoft:NhwcConv', 'DeformConv'],
    sliding,
  ),
  ...each(['AveragePool', 'MaxPool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool', 'Resize', 'Upsample', 'Pad'], sliding),
  ...each(['com.microsoft:QLinearAveragePool', 'com.microsoft:QLinearGlobalAveragePool', 'DepthToSpace', 'SpaceToDepth'], sliding),
  ...each(['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceProd', 'ReduceSumSquare'], reducing),
  ...each(['ReduceLogSum', 'ReduceLogSumExp', 'ArgMax', 'ArgMin'], reducing),
  ...each(['Transpose'], permuting),
  ...each(['Concat'], joining(0, 1)),
  ...each(['com.microsoft:QLinearConcat'], joining(2, 3)),
  ...each(['Slice'], slicing),
  ...each(['Split'], splitting),
  ...each(['Gather'], gathering),
  ...each(['GatherElements', 'TopK'], choosing),
  ...each(['Tile'], tiling),
  ...each(['MatMul', 'com.microsoft:FusedMatMul', 'com.microsoft:TransposeMatMul', 'MatMulInteger'], multiplying(0, 1)),
  ...each(['QLinearMatMul'], multiplying(0, 3)),
  ...each(['Gemm', 'com.microsoft:FusedGemm', 'com.microsoft:QGemm'], linear),
  ...each(['Einsum'], summing),
  ...each(['RoiAlign', 'LSTM', 'GRU', 'RNN', 'Shape', 'Size', 'ConstantOfShape', 'Range', 'EyeLike'], leaving),
  ...each(['GridSample', 'com.microsoft:GridSample'], sampling),
  ...each(['GatherND', 'ScatterND', 'ScatterElements', 'NonZero', 'CumSum'], unknown),
])
