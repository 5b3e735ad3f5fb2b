/** @file A score that is a weighted sum of one tensor: classes, differences, values, regions. The weights are fed. */
import { dense } from '../gradient/cotangent.ts'
import type { Value } from '../graph/graph.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Objective, ObjectiveScope } from './objective.ts'

export interface Weighted extends Pick<Objective, 'label' | 'details' | 'warnings'> {
  tensor: string
  /** Axis of the images. Default: 0. */
  batchAxis?: number
  /** Factors of the weights, float32 [1, …], which broadcast to the tensor together. */
  factors: readonly Tensor[]
}

/** y = Σ w · x over everything of an image, w the product of the factors. Its seed is w itself. */
export function weightedObjective({ tensor, factors, batchAxis = 0, ...about }: Weighted): Objective {
  const names = factors.map((_, i) => `weights_${i}`)
  // images first, and back: what is fed has them on axis 0
  const moved = (g: ObjectiveScope['g'], x: Value): Value => (batchAxis === 0 ? x : g.transpose(x, [1, 0, ...[...x.shape.keys()].slice(2)]))
  const weights = ({ g, read, parameter }: ObjectiveScope): Value =>
    names.map((name) => g.cast(parameter(name), read(tensor).type)).reduce((product, factor) => g.mul(product, factor))
  return {
    ...about,
    key: `weighted ${JSON.stringify([tensor, factors.map(({ dims }) => dims)])}`,
    reads: [tensor],
    feeds: Object.fromEntries(factors.map((factor, i) => [names[i] as string, factor])),
    score(scope) {
      const x = moved(scope.g, scope.held(tensor))
      const axes = x.shape.map((_, axis) => axis).slice(1)
      const product = scope.g.mul(x, weights(scope))
      return axes.length === 0 ? product : scope.g.sum(product, axes, false)
    },
    seeds: (scope) => [{ tensor, cotangent: dense(moved(scope.g, weights(scope))) }],
  }
}
