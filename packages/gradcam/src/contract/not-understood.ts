/** @file Outputs that are no score of classes: what they are, and what can be asked of them. */
import { shapeText } from '../graph/graph.ts'
import type { Unread } from './detectors/detector.ts'
import type { OutputContract, OutputHints } from './output-kind.ts'

/** What is said of outputs that are not understood. */
export function notUnderstood(outputs: readonly OutputContract[], { task }: OutputHints): Unread {
  const text = ({ name, shape, kind }: OutputContract): string =>
    `${name} ${shapeText(shape ?? ['?'])} (${kind.source === 'assumed' ? 'unknown' : kind.value})`
  const listed = `${outputs.slice(0, 6).map(text).join(', ')}${outputs.length > 6 ? ', …' : ''}`
  const [first] = outputs
  const said = task === undefined ? '' : `, a network for ${task}`
  return {
    what: `what this model answers${said} is no score of classes: ${listed}`,
    hint: `name what is to be explained: ${waysFor(first, outputs)}`,
  }
}

/** What can be asked of outputs, by what the first of them holds. */
function waysFor(first: OutputContract | undefined, outputs: readonly OutputContract[]): string {
  const { name = 'NAME', shape = [], kind } = first ?? {}
  const value = `one number (\`target: "value:${name}[${shape
    .slice(1)
    .map(() => '0')
    .join(',')}]"\`)`
  switch (kind?.value) {
    case 'embedding':
      return `likeness (\`target: "similar:other.jpg"\`) or ${value}`
    case 'sequence':
      return `a step and a symbol (\`target: "value:${name}[0,1]"\`: symbol 1 of step 0)`
    case 'depth':
    case 'mask':
      return `a part of the picture (\`target: "region:0@box:x1,y1,x2,y2"\`, or \`@point:x,y\`), or ${value}`
    default: {
      const others = outputs.length > 1 ? ', of any output' : ''
      return `${value}${others}, an expression (\`target: "expression:sum(${name}[0])"\`), or say what it is: \`labels\`, \`task\``
    }
  }
}
