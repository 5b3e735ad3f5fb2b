/** @file Any tensor of the network as one row per picture. */
import type { Value } from '../../graph/graph.ts'
import type { Scene } from '../scene.ts'

/** Any tensor of a run of one picture as float32 [N, …all]; of a model with a fixed batch each row is a picture. */
export function inRows({ g, batch }: Pick<Scene, 'g' | 'batch'>, value: Value): Value {
  const rows = typeof batch === 'number' ? batch : 1
  return g.node('Reshape', [g.cast(value, 'float32'), g.int64([rows, -1])], { type: 'float32', shape: [batch, 'rest'] })
}
