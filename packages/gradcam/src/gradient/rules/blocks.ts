/** @file DepthToSpace and SpaceToDepth: each is undone by a reshape, a transposition and a reshape. */
import type { Dim, Value } from '../../graph/graph.ts'
import { fixedDims, type Rule, type RuleContext } from '../rule.ts'

/** Batch, channels, height and width of the tensor with the small image, height and width fixed. */
function small(context: RuleContext, x: Value): [Dim, number, number, number] {
  return [x.shape[0] as Dim, ...(fixedDims(context, x.shape.slice(1)) as [number, number, number])]
}

/** y[n, c, h·b + i, w·b + j] = x[n, (i, j, c), h, w] (DCR) or x[n, (c, i, j), h, w] (CRD) */
export const DepthToSpace: Rule = (context) => {
  const { g, x, dy } = context
  const size = context.int('blocksize', 1)
  const [batch, channels, height, width] = small(context, x)
  const blocks = g.reshape(dy, [batch, channels / size ** 2, height, size, width, size])
  const order = context.string('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
  return [g.reshape(g.transpose(blocks, order), x.shape)]
}

/** y[n, (i, j, c), h, w] = x[n, c, h·b + i, w·b + j] */
export const SpaceToDepth: Rule = (context) => {
  const { g, x, y, dy } = context
  const size = context.int('blocksize', 1)
  const [batch, channels, height, width] = small(context, y)
  const blocks = g.reshape(dy, [batch, size, size, channels / size ** 2, height, width])
  return [g.reshape(g.transpose(blocks, [0, 3, 4, 1, 5, 2]), x.shape)]
}
