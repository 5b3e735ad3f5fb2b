/** @file Detectors that sort or suppress their boxes by themselves and keep as many as are left: no output has a batch then. */
import { type Graph, shapeText } from '../../graph/graph.ts'
import type { OutputContract } from '../output-kind.ts'
import type { Unread } from './detector.ts'

/** Why the boxes of such a detector are not explained; undefined where there are none. `before`: tensors that could be named instead. */
export function finishedInside(graph: Graph, outputs: readonly OutputContract[], before: readonly string[]): Unread | undefined {
  const own = outputs.filter(({ batch, shape }) => batch === undefined && shape !== undefined)
  const boxes = own.find(({ shape }) => shape?.length === 2 && (shape[1] === 4 || shape[1] === 5))
  const suppresses = graph.nodes.some(({ operator }) => operator === 'NonMaxSuppression')
  if (!boxes && !(suppresses && own.length > 0)) return undefined
  const listed = own.map(({ name, shape }) => `${name} ${shapeText(shape ?? [])}`).join(', ')
  const named = before.length > 0 ? `, such as ${before.join(' or ')}` : ''
  return {
    what: `the model ${suppresses ? 'suppresses' : 'sorts or filters'} its boxes by itself, and its outputs have no values of their own for each image: ${listed}`,
    hint: `explain a number from before that, \`target: "value:NAME[…]"\`${named}; or describe what it holds with a decoding: {"kind": "box", …}`,
  }
}
