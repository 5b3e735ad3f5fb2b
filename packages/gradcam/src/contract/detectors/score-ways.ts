/** @file Whether raw scores are probabilities already: the graph shows it, else their values tell. */
import type { Activation } from '../decoding.ts'
import type { DetectorQuestion } from './detector.ts'
import type { Place } from './grids.ts'
import { originOf } from './origin.ts'

const probabilities = new Set(['Sigmoid', 'HardSigmoid', 'Softmax'])
const linear = new Set(['Conv', 'Gemm', 'MatMul', 'BatchNormalization'])

/** An element of a tensor: a channel of its first candidate. */
export const firstOf = (axis: number, rank: number, channel: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? channel : 0))

/** The operator that makes a channel of a head. */
export const makerOf = (question: DetectorQuestion, { tensor, axis, rank }: Place, channel: number): string | undefined =>
  originOf(question, tensor[0] ?? '', firstOf(axis, rank, channel))?.node.operator

/** What may be left to do to scores, the first that makes probabilities of all of them is right. `channel`: the first one of the classes. */
export function waysOf(question: DetectorQuestion, place: Place, channel = 0): Activation[] {
  const maker = makerOf(question, place, channel) ?? ''
  if (probabilities.has(maker)) return ['none']
  return linear.has(maker) ? ['sigmoid'] : ['none', 'sigmoid']
}
