/** @file What is asked for, made definite for the pictures at hand: groups of targets, each of one run. */
import { GradcamError } from '../errors.ts'
import { layersBefore } from '../graph/layers.ts'
import { type ExplainOptions, listed } from './request.ts'
import type { Aim } from '../target/aim.ts'
import type { TargetContext } from '../target/context.ts'
import type { TargetGroup } from '../target/group.ts'
import { plainClass, resolvedTargets, usualTarget } from '../target/resolve.ts'

/**
 * A class for each picture of a batch, in one run; undefined where the targets are of other kinds.
 *
 * @param pictures how many were given: a fixed batch is filled with copies of a single one
 * @throws GradcamError `bad-target` where there are more or fewer targets
 */
export function ownClasses({ target, targets = [] }: ExplainOptions, pictures: number, context: TargetContext): TargetGroup[] | undefined {
  if (target !== undefined || targets.length !== pictures) {
    const what = target === undefined ? `${targets.length} targets are given for ${pictures} pictures` : 'target and targets are both given'
    throw new GradcamError('bad-target', what, { hint: 'give targets one entry for each picture, or target for all of them' })
  }
  const classes = context.facts.value(context.reduction).shape[1] ?? 1
  const indices = targets.map((each) => plainClass(each, context.labels, typeof classes === 'number' ? classes : 1))
  if (!indices.every((index) => index !== undefined)) return undefined
  const rows = Array.from({ length: context.pictures }, (_, n) => [indices[pictures === 1 ? 0 : n] as number])
  return [{ kind: 'given', count: 1, indices: [], own: rows }]
}

/** Targets in their order; neighbouring aims of one feature layer share a run. */
export async function groupsOf(options: ExplainOptions, context: TargetContext): Promise<TargetGroup[]> {
  const groups: TargetGroup[] = []
  // who names a reduction layer means its classes
  const usual = options.reductionLayer === undefined ? usualTarget(context) : 'top-1'
  for (const target of await resolvedTargets(listed(options.target ?? usual), context)) {
    if (target.kind !== 'aims') {
      groups.push(target)
      continue
    }
    const [aim] = target.aims as readonly [Aim]
    const { layers, explained } = layersBefore(context.graph, context.facts, options, aim.reads, aim.before)
    const last = groups.at(-1)
    if (last?.kind === 'aims' && last.layers.feature.name === layers.feature.name && last.explained.name === explained.name)
      groups[groups.length - 1] = { ...last, count: last.count + 1, aims: last.aims.map((aims, n) => [...aims, target.aims[n] as Aim]) }
    else groups.push({ kind: 'aims', count: 1, aims: target.aims.map((aim) => [aim]), layers, explained })
  }
  return groups
}
