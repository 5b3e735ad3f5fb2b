/** @file Whether a network has classes that can be named, and what can be named where it has none. */
import type { ObjectiveContext } from './context.ts'
import { badTarget } from './refusal.ts'

/**
 * @throws GradcamError `bad-target` where the network's answer is no score of classes
 */
export function needsClasses({ answer, reductionNamed }: ObjectiveContext): void {
  if (reductionNamed || answer.by === 'class' || answer.by === 'places') return
  if (answer.by === 'box')
    throw badTarget(
      `this network is a detector (${answer.detector?.family}): it scores boxes, not the picture`,
      'explain a box: `target: "box:CLASS"`, `"box:top-1"`, or `"box:17"` for one by its index',
    )
  throw askFor(answer)
}

/** What is said where nothing can be explained by itself; the hint may begin with something else. */
export const askFor = ({ refusal }: ObjectiveContext['answer'], before = ''): ReturnType<typeof badTarget> =>
  badTarget(refusal?.what ?? 'nothing tells what this model answers', before + (refusal?.hint ?? 'name what is to be explained'))
