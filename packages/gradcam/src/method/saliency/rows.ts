/** @file Any tensor of the network as one row per image, and back. */
import type { Dim, Shape, Value } from '../../graph/graph.ts'
import type { GraphContext } from '../../run/graph-context.ts'

type Batch = Pick<GraphContext, 'g' | 'batch'>

/** Any tensor of a run of one image as float32 [N, …all]; of a model with a fixed batch each row is an image. */
export function inRows({ g, batch }: Batch, value: Value): Value {
  const rows = typeof batch === 'number' ? batch : 1
  return g.node('Reshape', [g.cast(value, 'float32'), g.int64([rows, -1])], { type: 'float32', shape: [batch, 'rest'] })
}

/** The reverse: one row for a batch of equal images. */
export function fromRow({ g, batch }: Batch, row: Value, shape: Shape): Value {
  const all = typeof batch === 'number' ? g.expand(row, [batch, row.shape[1] as Dim]) : row
  return g.node('Reshape', [all, g.int64(shape.map((dim) => (typeof dim === 'number' ? dim : -1)))], { type: 'float32', shape })
}
