/** @file Grouped convolutions as nodes, in the forms that every execution provider computes right. */
import type { AttributeValue, Builder } from '../../graph/emit.ts'
import type { Dim, Shape, Value } from '../../graph/graph.ts'

export interface Convolution {
  groups: number
  /** Spatial size of the result. */
  output: Shape
  attributes: Readonly<Record<string, AttributeValue>>
}

/** Conv of [N, C, …] with [K, C/groups, …]: [N, K, …] */
export function convolve(g: Builder, x: Value, weights: Value, { groups, output, attributes }: Convolution): Value {
  const filters = weights.shape[0] as number
  const each = filters / groups
  // WebGPU of ONNX Runtime 1.30 packs filters in fours and gets groups wrong that do not divide so
  const apart = groups > 1 && each >= 4 && each % 4 !== 0
  const one = (picture: Value, filter: Value, count: number, group: number): Value =>
    g.node(
      'Conv',
      [picture, filter],
      { type: x.type, shape: [x.shape[0] as Dim, count, ...output] },
      group === 1 ? attributes : { ...attributes, group },
    )
  if (!apart) return one(x, weights, filters, groups)
  const channels = (x.shape[1] as number) / groups
  const parts = Array.from({ length: groups }, (_, i) =>
    one(g.slice(x, 1, i * channels, (i + 1) * channels), g.slice(weights, 0, i * each, (i + 1) * each), each, 1),
  )
  return g.concat(parts, 1)
}

/** ConvTranspose of [N, K, …] with [K, C/groups, …]: [N, C, …] */
export function convolveTransposed(g: Builder, x: Value, weights: Value, { groups, output, attributes }: Convolution): Value {
  const each = weights.shape[1] as number
  const inputs = (x.shape[1] as number) / groups
  // the same provider gets groups wrong that make one channel out of two or four
  const apart = groups > 1 && each === 1 && (inputs === 2 || inputs === 4)
  const one = (picture: Value, filter: Value, count: number, group: number): Value =>
    g.node(
      'ConvTranspose',
      [picture, filter],
      { type: x.type, shape: [x.shape[0] as Dim, count, ...output] },
      group === 1 ? attributes : { ...attributes, group },
    )
  if (!apart) return one(x, weights, each * groups, groups)
  const parts = Array.from({ length: groups }, (_, i) =>
    one(g.slice(x, 1, i * inputs, (i + 1) * inputs), g.slice(weights, 0, i * inputs, (i + 1) * inputs), each, 1),
  )
  return g.concat(parts, 1)
}
