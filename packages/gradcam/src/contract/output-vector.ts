/** @file Outputs of one value, or of one row of values, for each image. */
import { shapeText } from '../graph/graph.ts'
import { fact } from './fact.ts'
import type { Looked, Output } from './output-kind.ts'
import { probabilityMade } from './probabilities.ts'

/** One number: a probability, or a value. */
export function ofNumber({ scores, shape }: Output): Looked {
  const made = probabilityMade(scores)
  return made ? { kind: made } : { kind: fact('value', 'convention', `one number, ${shapeText(shape)}`) }
}

/** One axis of several values. */
export function ofVector({ name, shape, labels, task, named, scores }: Output, axis: number): Looked {
  const made = probabilityMade(scores)
  if (made) return { kind: made, axis }
  if (labels > 0 && shape[axis] === labels) return { kind: fact('logits', 'convention', 'as many values as labels'), axis }
  if (named) return { kind: fact(named, 'convention', `its name, ${name}`) }
  if (/logit|score|class|prob/i.test(name)) return { kind: fact('logits', 'convention', `its name, ${name}`), axis }
  if (task === 'embedding') return { kind: fact('embedding', 'convention', 'the network is for embeddings') }
  return { kind: fact('logits', 'assumed', `a vector, ${shapeText(shape)}`, ['embedding', 'value']), axis }
}
