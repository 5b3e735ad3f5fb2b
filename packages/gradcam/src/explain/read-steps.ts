/** @file What a sequence reads: the symbol that each step scores highest, steps of one symbol in a row together. */
import type { OutputContract } from '../contract/output-kind.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import type { Prediction } from '../objective/objective.ts'

/** The only output that holds steps with a score for every symbol; undefined where there is none, or more than one answer. */
export function stepsOf(outputs: readonly OutputContract[]): OutputContract | undefined {
  const [only, ...others] = outputs.filter(({ kind }) => kind.source !== 'assumed')
  return others.length === 0 && only?.kind.value === 'sequence' && only.shape?.length === 3 ? only : undefined
}

/**
 * The first image's steps in their order: of those in a row that score one symbol highest the surest. Blanks of CTC are symbols as any.
 *
 * @param values [N, T, C], or [T, N, C] with the images on axis 1
 */
export function readSteps(values: Tensor, { batch }: OutputContract, labels: readonly string[]): Prediction[] {
  const [images = 1, symbols = 1] = [values.dims[batch === 1 ? 1 : 0], values.dims[2]]
  const steps = values.dims[batch === 1 ? 0 : 1] ?? 0
  const scores = toFloat32(values)
  const read: (Prediction & { symbol: number })[] = []
  for (let step = 0; step < steps; step++) {
    const from = step * (batch === 1 ? images : 1) * symbols
    const row = scores.subarray(from, from + symbols)
    const symbol = row.reduce((best, score, k) => (score > (row[best] as number) ? k : best), 0)
    const next = { index: step, label: `step ${step}: ${nameOf(symbol, symbols, labels)}`, score: row[symbol] as number, symbol }
    const last = read.at(-1)
    if (last?.symbol !== symbol) read.push(next)
    else if (next.score > last.score) read[read.length - 1] = next
  }
  return read.map(({ index, label, score }) => ({ index, label, score }))
}

const nameOf = (symbol: number, symbols: number, labels: readonly string[]): string =>
  labels.length === symbols ? (labels[symbol] as string) : `symbol ${symbol}`
