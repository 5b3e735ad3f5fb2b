/** @file Grouped convolutions as nodes, in the forms that every execution provider computes right. */
import type { AttributeValue, Builder } from '../../graph/emit.ts'
import type { Dim, Shape, Value } from '../../graph/graph.ts'
import { convApart, convTransposeApart, missingChannels } from '../../runtime/capabilities.ts'

export interface Convolution {
  groups: number
  /** Spatial size of the result. */
  output: Shape
  attributes: Readonly<Record<string, AttributeValue>>
  /** [filters] */
  bias?: Value
}

type Operator = 'Conv' | 'ConvTranspose'

interface Operands {
  x: Value
  weights: Value
  /** Channels of the result. */
  filters: number
  /** Whether providers fail at all groups in one. */
  apart: boolean
}

/** One of the two operators for all groups, or, where providers fail at that, for each group by itself. */
function grouped(g: Builder, operator: Operator, operands: Operands, { groups, output, attributes, bias }: Convolution): Value {
  const { x, weights, filters, apart } = operands
  const one = (image: Value, filter: Value, start: Value | undefined, count: number, group: number): Value => {
    const inputs = operator === 'Conv' && group === 1 ? filledUp(g, image, filter, attributes) : [image, filter]
    const result = { type: x.type, shape: [x.shape[0] as Dim, count, ...output] }
    return g.node(operator, start ? [...inputs, start] : inputs, result, group === 1 ? attributes : { ...attributes, group })
  }
  if (!apart) return one(x, weights, bias, filters, groups)
  const kernels = equalParts(g, weights, 0, groups)
  const starts = bias ? equalParts(g, bias, 0, groups) : []
  const parts = equalParts(g, x, 1, groups).map((image, i) => one(image, kernels[i] as Value, starts[i], filters / groups, 1))
  return g.concat(parts, 1)
}

/** Channels of zeros where a provider gets their number wrong. */
function filledUp(g: Builder, x: Value, weights: Value, attributes: Convolution['attributes']): Value[] {
  const { strides } = attributes
  const strided = Array.isArray(strides) && strides.some((stride) => stride !== 1)
  const more = missingChannels(weights.shape, strided)
  if (more === 0) return [x, weights]
  return [x, weights].map((value) => g.padAlong(value, 1, 0, more))
}

/** Split, which takes axes of free size, too. */
function equalParts(g: Builder, x: Value, axis: number, count: number): Value[] {
  const shape = x.shape.map((dim, i) => (i !== axis ? dim : typeof dim === 'number' ? dim / count : `${dim}/${count}`))
  const results = Array.from({ length: count }, () => ({ type: x.type, shape }))
  return g.nodes('Split', [x], results, g.opset < 18 ? { axis } : { axis, num_outputs: count })
}

/** Conv of [N, C, …] with [K, C/groups, …]: [N, K, …] */
export function convolve(g: Builder, x: Value, weights: Value, convolution: Convolution): Value {
  const filters = weights.shape[0] as number
  const each = filters / convolution.groups
  return grouped(g, 'Conv', { x, weights, filters, apart: convApart(convolution.groups, each) }, convolution)
}

/** ConvTranspose of [N, K, …] with [K, C/groups, …]: [N, C, …] */
export function convolveTransposed(g: Builder, x: Value, weights: Value, convolution: Convolution): Value {
  const each = weights.shape[1] as number
  const inputs = (weights.shape[0] as number) / convolution.groups
  const apart = convTransposeApart(convolution.groups, inputs, each)
  return grouped(g, 'ConvTranspose', { x, weights, filters: each * convolution.groups, apart }, convolution)
}
