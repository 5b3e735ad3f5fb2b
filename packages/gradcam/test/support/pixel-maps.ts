/** @file What tests of pixel gradients share: raw maps of small networks, and what a map reports of its sum. */
import type { ExplanationData } from '../../src/explain/explanation.ts'
import type { Completeness } from '../../src/method/saliency/completeness.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel } from './build.ts'
import { explainOne } from './explain.ts'
import { headed, images } from './small-nets.ts'

export const model = buildModel(headed())
export const one = images(1)

/** The raw map of target 0. */
export const rawOf = async (options: ExplainOptions, bytes = model, x: Tensor = one): Promise<Float32Array> =>
  (await explainOne(bytes, x, { target: 0, ...options })).raw.data

export const completenessOf = ({ details }: ExplanationData): Completeness => {
  const found = details?.['completeness']
  if (!found) throw new Error('completeness is missing')
  return found as Completeness
}
