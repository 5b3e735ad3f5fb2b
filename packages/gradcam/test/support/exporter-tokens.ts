/** @file One small vision transformer, written as exporters write it: the same numbers, other nodes, shapes and names. */
import type { Tensor } from '../../src/core/tensor.ts'
import { type ExporterNet, imageSize } from './exporter-nets.ts'
import { numbers } from './finite-differences.ts'
import { type Naming, sketch, type Sketch } from './sketch.ts'

export interface TokenNet {
  /** Tokens in front of the grid: class, distillation, registers. */
  extra: 0 | 1 | 2 | 5
  /** What is read from the last tokens: the class token, that cut off by Split as in CvT, the mean, both heads of DeiT averaged, CLIP's embedding of length 1. */
  ending: 'class' | 'split' | 'mean' | 'two heads' | 'embedding'
  /** Square patches, or convolutions with ReLU before them. */
  stem: 'patches' | 'convolutions'
  /** Before each half of a block; there and on queries and keys; or only on what a block adds, as Swin v2 does. */
  norms?: 'before' | 'queries' | 'behind'
  heads?: 1 | 2
}

/** How an exporter writes the parts. Tokens are [N, L, 8]. */
export interface Manner {
  naming: Naming
  batch: number | string
  layout?: 'nhwc'
  /** The map of the stem, [N, 8, 3, 4], as tokens. */
  tokens(s: Sketch, map: string): string
  /** Fixed tokens [1, E, 8] in front of the others. */
  prepend(s: Sketch, fixed: Tensor, tokens: string): string
  norm(s: Sketch, x: string, weights: Norm): string
  linear(s: Sketch, x: string, weights: Linear, length: number): string
  attention(s: Sketch, x: string, weights: Attention, length: number): string
  gelu(s: Sketch, x: string): string
  mean(s: Sketch, x: string): string
  unit(s: Sketch, x: string): string
}

export interface Norm {
  scale: Tensor
  bias: Tensor
}
export interface Linear {
  weights: Tensor // [in, out]
  bias: Tensor
}
export interface Attention {
  query: Linear
  key: Linear
  value: Linear
  output: Linear
  heads: number
  /** Of queries and keys, before they are split into heads. */
  norms: { query: Norm; key: Norm } | undefined
}

export const channels = 8
export const epsilon = 1e-5
const hidden = 16
const blocks = 2
export const grid = { height: 3, width: 4 }
export const places = grid.height * grid.width

const linear = (seed: number, from: number, to: number): Linear => ({
  weights: numbers(seed, [from, to], -0.6, 0.6),
  bias: numbers(seed + 1, [to], -0.2, 0.2),
})
const norm = (seed: number): Norm => ({ scale: numbers(seed, [channels], 0.6, 1.4), bias: numbers(seed + 1, [channels], -0.3, 0.3) })

/** The transformer in one manner. The feature layer is what enters the last block. */
export function tokenNet(manner: Manner, { extra, ending, stem, norms = 'before', heads = 2 }: TokenNet): ExporterNet {
  const s = sketch(manner.naming)
  const length = extra + places
  let x = manner.tokens(s, stemOf(s, stem, manner.layout === 'nhwc' ? s.add('Transpose', ['pixels'], { perm: [0, 3, 1, 2] }) : 'pixels'))
  if (extra > 0) x = manner.prepend(s, numbers(50, [1, extra, channels]), x)
  x = s.add('Add', [x, s.weight(numbers(51, [1, length, channels]))])
  if (ending === 'embedding') x = manner.norm(s, x, norm(52))
  let feature = x
  for (let i = 0; i < blocks; i++) {
    const seed = 100 * (i + 1)
    feature = x
    const attention: Attention = {
      query: linear(seed, channels, channels),
      key: linear(seed + 2, channels, channels),
      value: linear(seed + 4, channels, channels),
      output: linear(seed + 6, channels, channels),
      heads,
      norms: norms === 'queries' ? { query: norm(seed + 16), key: norm(seed + 18) } : undefined,
    }
    const feedForward = (y: string): string =>
      manner.linear(
        s,
        manner.gelu(s, manner.linear(s, y, linear(seed + 12, channels, hidden), length)),
        linear(seed + 14, hidden, channels),
        length,
      )
    const [first, second] = [norm(seed + 8), norm(seed + 10)]
    if (norms === 'behind') {
      x = s.add('Add', [x, manner.norm(s, manner.attention(s, x, attention, length), first)])
      x = s.add('Add', [x, manner.norm(s, feedForward(x), second)])
    } else {
      x = s.add('Add', [x, manner.attention(s, manner.norm(s, x, first), attention, length)])
      x = s.add('Add', [x, feedForward(manner.norm(s, x, second))])
    }
  }
  const answer = endingOf(s, manner, ending, ending === 'split' ? manner.norm(s, splitOff(s, x), norm(60)) : manner.norm(s, x, norm(60)))
  const { height, width } = imageSize
  const shape = manner.layout === 'nhwc' ? [manner.batch, height, width, 3] : [manner.batch, 3, height, width]
  const spec = s.finish(['pixels', shape], { [answer]: [manner.batch, ending === 'embedding' ? 6 : 5] })
  return { spec, feature, reduction: answer, ...(manner.layout ? { layout: manner.layout } : {}) }
}

/** [N, 3, 12, 16] → [N, 8, 3, 4] */
function stemOf(s: Sketch, stem: TokenNet['stem'], pixels: string): string {
  const conv = (x: string, seed: number, dims: readonly number[], strides: number, pads: number): string =>
    s.add('Conv', [x, s.weight(numbers(seed, dims, -0.4, 0.4)), s.weight(numbers(seed + 1, [dims[0] as number]))], {
      strides: [strides, strides],
      pads: [pads, pads, pads, pads],
    })
  if (stem === 'patches') return conv(pixels, 40, [channels, 3, 4, 4], 4, 0)
  const first = s.add('Relu', [conv(pixels, 42, [6, 3, 3, 3], 2, 1)])
  return conv(s.add('Relu', [conv(first, 44, [10, 6, 3, 3], 2, 1)]), 46, [channels, 10, 1, 1], 1, 0)
}

/** The class token, [N, 1, 8]. */
const splitOff = (s: Sketch, tokens: string): string => s.add('Split', [tokens, s.ints(1, places)], { axis: 1 })

function endingOf(s: Sketch, manner: Manner, ending: TokenNet['ending'], x: string): string {
  const token = (place: number): string =>
    s.add('Gather', [x, s.weight({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(place)) })], { axis: 1 })
  const head = (y: string, seed: number): string => {
    const { weights, bias } = linear(seed, channels, 5)
    return s.add('Gemm', [y, s.weight(weights), s.weight(bias)])
  }
  switch (ending) {
    case 'class':
      return head(token(0), 70)
    case 'split':
      return head(s.add('Squeeze', [x, s.ints(1)]), 70)
    case 'mean':
      return head(manner.mean(s, x), 70)
    case 'two heads':
      return s.add('Div', [s.add('Add', [head(token(0), 70), head(token(1), 72)]), s.number(2)])
    case 'embedding':
      return manner.unit(s, s.add('MatMul', [token(0), s.weight(numbers(74, [channels, 6]))]))
  }
}
