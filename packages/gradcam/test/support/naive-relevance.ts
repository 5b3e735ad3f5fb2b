/** @file Layer-wise relevance propagation by plain loops in float64: every layer a list of connections, every rule its formula. */
import { sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'

/** A layer with weights as what it is: from which input to which output, how strongly. */
export interface Layer {
  connections: [from: number, to: number, weight: number][]
  bias: Float64Array
  dims: number[]
}

/** Relevance of a layer's inputs, and of the bias of each of its outputs. */
export type NaiveRule = (layer: Layer, x: Float64Array, relevance: Float64Array) => { inputs: Float64Array; bias: Float64Array }

export interface Sliding {
  strides: [number, number]
  pads: [number, number, number, number]
  dilations: [number, number]
  group: number
}

const at = (dims: readonly number[], ...position: number[]): number =>
  position.reduce((place, i, axis) => place * (dims[axis] as number) + i, 0)

/** Conv of [N, C, h, w] with [K, C/groups, kernel…]. */
export function convolution(dims: readonly number[], weights: Tensor, bias: Tensor | undefined, sliding: Sliding): Layer {
  const [batch, , height, width] = dims as [number, number, number, number]
  const [filters, channels, rows, columns] = weights.dims as [number, number, number, number]
  const { strides, pads, dilations, group } = sliding
  const out = [
    batch,
    filters,
    Math.floor((height + pads[0] + pads[2] - (rows - 1) * dilations[0] - 1) / strides[0]) + 1,
    Math.floor((width + pads[1] + pads[3] - (columns - 1) * dilations[1] - 1) / strides[1]) + 1,
  ] as [number, number, number, number]
  const w = toFloat32(weights)
  const b = bias && toFloat32(bias)
  const layer: Layer = { connections: [], bias: new Float64Array(sizeOf(out)), dims: out }
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < filters; k++)
      for (let y = 0; y < out[2]; y++)
        for (let x = 0; x < out[3]; x++) {
          const to = at(out, n, k, y, x)
          layer.bias[to] = b?.[k] ?? 0
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < rows; i++)
              for (let j = 0; j < columns; j++) {
                const row = y * strides[0] - pads[0] + i * dilations[0]
                const column = x * strides[1] - pads[1] + j * dilations[1]
                if (row < 0 || row >= height || column < 0 || column >= width) continue
                const channel = Math.floor(k / (filters / group)) * channels + c
                layer.connections.push([at(dims, n, channel, row, column), to, w[at(weights.dims, k, c, i, j)] as number])
              }
        }
  return layer
}

/** Gemm of [N, F] with [K, F]. */
export function dense(batch: number, weights: Tensor, bias: Tensor | undefined): Layer {
  const [classes, features] = weights.dims as [number, number]
  const [w, b] = [toFloat32(weights), bias && toFloat32(bias)]
  const layer: Layer = { connections: [], bias: new Float64Array(batch * classes), dims: [batch, classes] }
  for (let n = 0; n < batch; n++)
    for (let k = 0; k < classes; k++) {
      layer.bias[n * classes + k] = b?.[k] ?? 0
      for (let f = 0; f < features; f++) layer.connections.push([n * features + f, n * classes + k, w[k * features + f] as number])
    }
  return layer
}

/** Mean over all places of [N, C, h, w]. */
export function globalAverage([batch, channels, height, width]: [number, number, number, number]): Layer {
  const places = height * width
  const connections = Array.from({ length: batch * channels * places }, (_, i): [number, number, number] => [
    i,
    Math.floor(i / places),
    1 / places,
  ])
  return { connections, bias: new Float64Array(batch * channels), dims: [batch, channels] }
}

/** y = scale·x + shift for each channel of [N, C, h, w]. */
export function affine(dims: readonly number[], scale: ArrayLike<number>, shift: ArrayLike<number>): Layer {
  const channelOf = (i: number): number => Math.floor(i / ((dims[2] as number) * (dims[3] as number))) % (dims[1] as number)
  const size = sizeOf(dims)
  return {
    connections: Array.from({ length: size }, (_, i): [number, number, number] => [i, i, scale[channelOf(i)] as number]),
    bias: Float64Array.from({ length: size }, (_, i) => shift[channelOf(i)] as number),
    dims: [...dims],
  }
}

/** z = Wx + b */
export function run({ connections, bias }: Layer, x: Float64Array): Float64Array {
  const z = Float64Array.from(bias)
  for (const [from, to, weight] of connections) z[to] = (z[to] as number) + (x[from] as number) * weight
  return z
}

const stabilized = (z: number, epsilon: number): number => (z < 0 ? z - epsilon : z + epsilon)

/** R_i = Σ_j m_ij / stab(Σ_i m_ij) · R_j, m_ij what x_i·w_ij and b_j (i = 0) count for z_j = Σ_i x_i·w_ij + b_j. */
const byMessages =
  (epsilon: number, message: (product: number, z: number, weight: number) => number): NaiveRule =>
  (layer, x, relevance) => {
    const z = run(layer, x)
    const of = (from: number, to: number, weight: number): number => message((x[from] as number) * weight, z[to] as number, weight)
    const ofBias = layer.bias.map((b, to) => message(b, z[to] as number, b))
    const sums = Float64Array.from(ofBias)
    for (const [from, to, weight] of layer.connections) sums[to] = (sums[to] as number) + of(from, to, weight)
    const s = sums.map((sum, to) => (relevance[to] as number) / stabilized(sum, epsilon))
    const inputs = new Float64Array(x.length)
    for (const [from, to, weight] of layer.connections) inputs[from] = (inputs[from] as number) + of(from, to, weight) * (s[to] as number)
    return { inputs, bias: ofBias.map((m, to) => m * (s[to] as number)) }
  }

export const naiveEpsilon = (epsilon: number): NaiveRule => byMessages(epsilon, (product) => product)

/** What has the sign of z counts more. */
export const naiveGamma = (gamma: number, epsilon: number): NaiveRule =>
  byMessages(epsilon, (product, z) => (product < 0 === z < 0 ? product * (1 + gamma) : product))

/** Positive weights count more. */
export const naivePaperGamma = (gamma: number, epsilon: number): NaiveRule =>
  byMessages(epsilon, (product, _, weight) => (weight > 0 ? product * (1 + gamma) : product))

/** Only what raises z counts. */
export const naiveZPlus = (epsilon: number): NaiveRule => byMessages(epsilon, (product) => Math.max(product, 0))

/** Relevance of a 2×2 maximum pool with stride 2 over [N, C, h, w]: the winner takes all. */
export function pooledMaximum([batch, channels, height, width]: [number, number, number, number], x: Float64Array) {
  const dims = [batch, channels, Math.floor(height / 2), Math.floor(width / 2)] as const
  const winners: number[] = []
  for (let plane = 0; plane < batch * channels; plane++)
    for (let row = 0; row < dims[2]; row++)
      for (let column = 0; column < dims[3]; column++) {
        const places = [0, 1].flatMap((i) => [0, 1].map((j) => (plane * height + 2 * row + i) * width + 2 * column + j))
        winners.push(places.reduce((best, place) => ((x[place] as number) > (x[best] as number) ? place : best)))
      }
  return {
    values: Float64Array.from(winners, (place) => x[place] as number),
    relevance(upstream: Float64Array): Float64Array {
      const inputs = new Float64Array(x.length)
      winners.forEach((place, i) => (inputs[place] = (inputs[place] as number) + (upstream[i] as number)))
      return inputs
    },
  }
}
