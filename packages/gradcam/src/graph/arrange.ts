/** @file Nodes that bring tensors of any layout to [N, C, h, w], and back. */
import type { ImageLayout } from '../core/pixels.ts'
import type { Builder } from './emit.ts'
import type { Dim, Value } from './graph.ts'
import type { Layout } from './layout.ts'

/** A tensor of the feature layer, or one that broadcasts to it, as [N, C, h, w]; class and register tokens are dropped. */
export function featureMap(g: Builder, x: Value, layout: Layout): Value {
  const [batch] = x.shape as [Dim]
  switch (layout.kind) {
    case 'nchw':
      return x
    case 'nhwc':
      return g.transpose(x, [0, 3, 1, 2])
    case 'nlc': {
      const { height, width, skip, after = 0, channels } = layout
      const length = height * width
      const all = skip + length + after
      const whole = x.shape[1] === all ? x : g.expand(x, [batch, all, channels])
      return g.reshape(g.transpose(g.slice(whole, 1, skip, skip + length), [0, 2, 1]), [batch, channels, height, width])
    }
  }
}

/** Factors [N, C, h, w], each dimension perhaps 1, laid out to multiply a tensor of the feature layer; extra tokens get 1, or the factor of their channel. */
export function featureFactors(g: Builder, factors: Value, layout: Layout): Value {
  const [batch, channels, height, width] = factors.shape as [Dim, Dim, number, number]
  switch (layout.kind) {
    case 'nchw':
      return factors
    case 'nhwc':
      return g.transpose(factors, [0, 2, 3, 1])
    case 'nlc': {
      const tokens = g.transpose(g.reshape(factors, [batch, channels, height * width]), [0, 2, 1])
      // a factor per channel holds for class tokens, too
      const { skip, after = 0 } = layout
      if (height * width === 1 || skip + after === 0) return tokens
      const ones = (length: number): Value[] =>
        length > 0 ? [g.expand(g.floats([1], [1, 1, 1], factors.type), [batch, length, channels])] : []
      return g.concat([...ones(skip), tokens, ...ones(after)], 1)
    }
  }
}

/** A tensor of the image's input as [N, C, H, W]. */
export const imageMap = (g: Builder, x: Value, layout: ImageLayout): Value => (layout === 'nchw' ? x : g.transpose(x, [0, 3, 1, 2]))

/** The reverse: [N, C, H, W] as the input wants it. */
export const fromImageMap = (g: Builder, x: Value, layout: ImageLayout): Value => (layout === 'nchw' ? x : g.transpose(x, [0, 2, 3, 1]))
