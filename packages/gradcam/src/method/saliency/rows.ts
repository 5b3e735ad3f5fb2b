/** @file Any tensor of the network as one row per image. */
import type { Value } from '../../graph/graph.ts'
import type { GraphContext } from '../../run/graph-context.ts'

/** Any tensor of a run of one image as float32 [N, …all]; of a model with a fixed batch each row is an image. */
export function inRows({ g, batch }: Pick<GraphContext, 'g' | 'batch'>, value: Value): Value {
  const rows = typeof batch === 'number' ? batch : 1
  return g.node('Reshape', [g.cast(value, 'float32'), g.int64([rows, -1])], { type: 'float32', shape: [batch, 'rest'] })
}
