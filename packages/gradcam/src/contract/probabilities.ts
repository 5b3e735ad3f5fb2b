/** @file Whether scores become probabilities: a softmax or sigmoid lies before an output, and nothing else but a factor of 100. */
import type { Scores } from '../graph/scores.ts'
import { type Fact, fact } from './fact.ts'
import type { OutputKind } from './output-kind.ts'

/** What is computed, and by which node; undefined where it is no probability. */
export function probabilityMade({ probability, percent }: Scores): Fact<OutputKind> | undefined {
  if (!probability) return undefined
  const { kind, node } = probability
  const from = `${node.name} (${node.operator})`
  if (kind === 'log-softmax') return fact('logits', 'graph', from)
  return percent ? fact('percent', 'graph', `${from} times 100`) : fact('probabilities', 'graph', from)
}
