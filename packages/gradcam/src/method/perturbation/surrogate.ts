/** @file The model that stands in for the network around one image: fed sample by sample, in two halves, fitted when asked. */
import { badOption } from '../../core/errors.ts'
import { addSample, joined, type LinearFit, noMoments, ridge } from './least-squares.ts'
import { growTree } from './tree.ts'

export const surrogates = ['ridge', 'tree'] as const

export interface Surrogate {
  /** Adds a sample to one of the two halves. */
  add(half: 0 | 1, on: Float32Array, y: number, weight: number): void
  /** Fits one half, or both together; undefined where the samples do not determine the model. */
  fit(half: 0 | 1 | 'both'): LinearFit | undefined
}

/** Weighted ridge regression: of the samples only moments are kept. */
export function ridgeSurrogate(features: number, penalty: number): Surrogate {
  const halves = [noMoments(features), noMoments(features)] as const
  return {
    add: (half, on, y, weight) => addSample(halves[half], on, y, weight),
    fit: (half) => ridge(half === 'both' ? joined(...halves) : halves[half], penalty),
  }
}

// on/off vectors are kept, a byte a part
const maxBytes = 2 ** 28

/**
 * A regression tree: weights are the parts of the variance that its splits explain, none of them negative.
 *
 * @throws GradcamError `bad-option` for more samples than can be kept
 */
export function treeSurrogate(features: number, samples: number): Surrogate {
  if (features * samples > maxBytes) {
    throw badOption(
      `a tree of ${samples} samples with ${features} parts does not fit into memory`,
      `take at most ${Math.floor(maxBytes / features)} samples, or \`options: { model: 'ridge' }\``,
    )
  }
  const data = {
    features,
    on: new Uint8Array(features * samples),
    y: new Float64Array(samples),
    weight: new Float64Array(samples),
  }
  const rows: [number[], number[]] = [[], []]
  return {
    add(half, on, y, weight) {
      const row = rows[0].length + rows[1].length
      data.on.set(on, row * features)
      data.y[row] = y
      data.weight[row] = weight
      rows[half].push(row)
    },
    fit(half) {
      const { importance, mean, r2 } = growTree(data, half === 'both' ? rows.flat() : rows[half])
      return { weights: importance, intercept: mean, r2 }
    },
  }
}
