/** @file What the normalisations share: n = (x − mean)·r with r = 1/√(variance + ε), and its derivative. */
import type { Builder } from '../../graph/emit.ts'
import type { Value } from '../../graph/graph.ts'

/** Half precision is computed in float32, as the runtime does: squares overflow beyond 256. */
export const wide = (g: Builder, x: Value): Value => (x.type === 'float16' || x.type === 'bfloat16' ? g.cast(x, 'float32') : x)

export interface Standardized {
  axes: readonly number[]
  /** Whether the mean was taken off. */
  centred: boolean
  /** r, with the axes as size 1 */
  inverse: Value
  /** n, of x's shape */
  normal: Value
}

/** Statistics over axes; `root` makes r of the variance. */
export function standardize(
  g: Builder,
  x: Value,
  axes: readonly number[],
  centred: boolean,
  root: (variance: Value) => Value,
): Standardized {
  const difference = centred ? g.sub(x, g.mean(x, axes)) : x
  const inverse = root(g.mean(g.mul(difference, difference), axes))
  return { axes, centred, inverse, normal: g.mul(difference, inverse) }
}

/** r = 1/√(variance + ε) */
export const inverseRoot =
  (g: Builder, epsilon: number) =>
  (variance: Value): Value =>
    g.div(1, g.unary('Sqrt', g.add(variance, epsilon)))

/** dx = r·(dn − mean(dn) − n·mean(dn·n)), the first mean only where x was centred */
export function standardizedGradient(g: Builder, { axes, centred, inverse, normal }: Standardized, dn: Value): Value {
  const shifted = centred ? g.sub(dn, g.mean(dn, axes)) : dn
  return g.mul(inverse, g.sub(shifted, g.mul(normal, g.mean(g.mul(dn, normal), axes))))
}
