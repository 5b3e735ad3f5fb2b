/** @file What is asked for, made definite for the images at hand: groups of targets, each of one run. */
import { GradcamError } from '../core/errors.ts'
import { layersBefore } from '../graph/layers.ts'
import { type ExplainOptions, listed } from './request.ts'
import type { Objective } from '../objective/objective.ts'
import type { ObjectiveContext } from '../objective/context.ts'
import type { TargetGroup } from '../objective/group.ts'
import { plainClass, resolvedTargets, usualTarget } from '../objective/resolve.ts'

/**
 * A class for each image of a batch, in one run; undefined where the targets are of other kinds.
 *
 * @param images how many were given: a fixed batch is filled with copies of a single one
 * @throws GradcamError `bad-target` where there are more or fewer targets
 */
export function ownClasses({ target, targets = [] }: ExplainOptions, images: number, context: ObjectiveContext): TargetGroup[] | undefined {
  if (target !== undefined || targets.length !== images) {
    const what = target === undefined ? `${targets.length} targets are given for ${images} images` : 'target and targets are both given'
    throw new GradcamError('bad-target', what, { hint: 'give targets one entry for each image, or target for all of them' })
  }
  const classes = context.info.value(context.reduction).shape[1] ?? 1
  const indices = targets.map((each) => plainClass(each, context.labels, typeof classes === 'number' ? classes : 1))
  if (!indices.every((index) => index !== undefined)) return undefined
  const rows = Array.from({ length: context.images }, (_, n) => [indices[images === 1 ? 0 : n] as number])
  return [{ kind: 'given', count: 1, indices: [], own: rows }]
}

/** Targets in their order; neighbouring objectives of one feature layer share a run. */
export async function groupsOf(options: ExplainOptions, context: ObjectiveContext): Promise<TargetGroup[]> {
  const groups: TargetGroup[] = []
  // who names a reduction layer means its classes
  const usual = options.reductionLayer === undefined ? usualTarget(context) : 'top-1'
  for (const target of await resolvedTargets(listed(options.target ?? usual), context)) {
    if (target.kind !== 'objectives') {
      groups.push(target)
      continue
    }
    const [objective] = target.objectives as readonly [Objective]
    const { layers, explained } = layersBefore(context.graph, context.info, options, objective.reads, objective.before)
    const last = groups.at(-1)
    if (last?.kind === 'objectives' && last.layers.feature.name === layers.feature.name && last.explained.name === explained.name)
      groups[groups.length - 1] = {
        ...last,
        count: last.count + 1,
        objectives: last.objectives.map((objectives, n) => [...objectives, target.objectives[n] as Objective]),
      }
    else groups.push({ kind: 'objectives', count: 1, objectives: target.objectives.map((objective) => [objective]), layers, explained })
  }
  return groups
}
