/** @file Coalitions of KernelSHAP: all of them where they are few, else random ones by the Shapley kernel, each with its complement. */
import { randomOf } from '../../core/random.ts'

export interface Coalitions {
  count: number
  exact: boolean
  /** Writes which features coalition i has. */
  choose(coalition: number, on: Float32Array): void
  /** What it counts in the regression, by its size. */
  weight(size: number): number
}

const maxEnumerated = 20

/** Neither the empty nor the whole coalition is among them. */
export function coalitionsOf(features: number, samples: number, seed: number): Coalitions {
  const all = features <= maxEnumerated ? 2 ** features - 2 : Number.POSITIVE_INFINITY
  if (all <= samples) {
    return {
      count: all,
      exact: true,
      choose(coalition, on) {
        for (let i = 0; i < features; i++) on[i] = ((coalition + 1) >> i) & 1
      },
      weight: (size) => (features - 1) / (choices(features, size) * size * (features - size)),
    }
  }
  // how likely a size is: all coalitions of that size together, under the kernel
  const shares = Float64Array.from({ length: features - 1 }, (_, i) => 1 / ((i + 1) * (features - 1 - i)))
  const total = shares.reduce((sum, share) => sum + share, 0)
  return {
    count: samples - (samples % 2),
    exact: false,
    choose(coalition, on) {
      const random = randomOf(seed, coalition >> 1)
      let [size, rest] = [1, random.uniform() * total]
      while (size < features - 1 && rest >= (shares[size - 1] as number)) rest -= shares[size++ - 1] as number
      const order = Array.from({ length: features }, (_, i) => i)
      const [member, other] = coalition % 2 === 0 ? [1, 0] : [0, 1]
      on.fill(other)
      for (let i = 0; i < size; i++) {
        const pick = i + random.below(features - i)
        on[order[pick] as number] = member
        order[pick] = order[i] as number
      }
    },
    weight: () => 1,
  }
}

function choices(n: number, k: number): number {
  let count = 1
  for (let i = 0; i < k; i++) count = (count * (n - i)) / (i + 1)
  return count
}
