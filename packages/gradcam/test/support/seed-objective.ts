/** @file An objective of tests: y = Σ seed · output, whatever the output means. */
import type { Dim } from '../../src/graph/graph.ts'
import type { Objective } from '../../src/objective/objective.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'

/** The score Σ seed · output of one image: seed [1, …], as long as the output is for it. */
export const seedObjective = (output: string, seed: Tensor): Objective => ({
  key: `seed of ${output}`,
  label: `seeded ${output}`,
  index: undefined,
  reads: [output],
  feeds: { seed: float32(toFloat32(seed), seed.dims) },
  score({ g, read, parameter }) {
    const value = g.cast(read(output), 'float32')
    const axes = value.shape.slice(1).map((_, i) => i + 1)
    const weighted = g.mul(value, parameter('seed'))
    return axes.length > 0 ? g.sum(weighted, axes, false) : g.reshape(weighted, [value.shape[0] as Dim])
  },
})
