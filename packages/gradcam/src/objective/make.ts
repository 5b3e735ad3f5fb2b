/** @file From descriptions to objectives, by the table of kinds. */
import { badOption, GradcamError } from '../core/errors.ts'
import { checkObjective } from './check.ts'
import { classScoresOf, fitting, isBinary } from './class-scores.ts'
import type { ObjectiveContext } from './context.ts'
import type { AnyInput, Making } from './kind.ts'
import { kindNamed, type ObjectiveInput, type ObjectiveSpec } from './kinds.ts'
import { oneClass } from './kinds/classes.ts'
import { resolveLabel } from './labels.ts'
import type { Objective } from './objective.ts'
import { askFor } from './needs-classes.ts'
import { badTarget } from './refusal.ts'
import { parseObjective, prefixes } from './words.ts'

/**
 * Makes objectives, in their order: by target, then by image.
 *
 * @throws GradcamError `bad-target`, `unknown-label`, `ambiguous-label`, `bad-index`, `unknown-tensor`, `target-absent`, `shape-mismatch`
 */
export async function makeObjectives(wanted: readonly ObjectiveInput[], context: ObjectiveContext): Promise<(readonly Objective[])[]> {
  if (wanted.length === 0) throw badOption('no target is given', 'give a label, an index or top-1')
  const { labels, images } = context
  const making: Making = {
    ...context,
    scores: classScoresOf(context),
    async forEachImage(make) {
      const objectives: Objective[] = []
      for (let n = 0; n < images; n++) objectives.push(await make(n))
      return objectives
    },
    async inner(input) {
      const spec = specOf(input, labels)
      // the score of one class, known before the run
      if (spec.kind === 'class') return oneClass(spec.class, making)
      const [only, ...others] = await made(spec)
      if (only && others.length === 0) return only
      throw badTarget('the target within the target means several', 'name one of them')
    },
  }
  const made = async (spec: ObjectiveSpec): Promise<Objective[][]> => {
    const targets = (await kindNamed(spec.kind)?.make(spec, making)) ?? []
    return targets.map((target) => (Array.isArray(target) ? target : Array.from({ length: images }, () => target)))
  }
  const all: (readonly Objective[])[] = []
  for (const input of wanted) {
    const spec = ofDetector(specOf(input, labels), context)
    const targets = await made(spec).catch((error: unknown) => {
      throw withPrefixes(error, input)
    })
    all.push(...targets.map((each) => each.map((objective) => ({ spec, ...objective }))))
  }
  return all
}

/**
 * What is explained where nothing is named: the best answer, which of a detector is a box, of a segmentation the class of most places.
 *
 * @throws GradcamError `bad-target` where nothing tells what the network answers
 */
export function defaultTarget({ answer }: ObjectiveContext): ObjectiveInput {
  switch (answer.by) {
    case 'box':
      return { kind: 'box', class: 'top-1' }
    case 'places':
      return { kind: 'region', class: 'top-1' }
    case 'ask':
      throw askFor(answer)
    case 'class':
      return 'top-1'
  }
}

/** A detector scores boxes, not the picture: a class of it is its best box, `top-3` the three best. */
const ofDetector = (spec: ObjectiveSpec, { answer, reductionNamed }: ObjectiveContext): ObjectiveSpec =>
  spec.kind === 'class' && answer.by === 'box' && !reductionNamed && !/^all$/i.test(String(spec.class).trim())
    ? { kind: 'box', class: spec.class }
    : spec

/** The class that a target is, where it is a single known one. */
export function plainClass(target: ObjectiveInput, labels: readonly string[], classes: number): number | undefined {
  const spec = specOf(target, labels)
  if (spec.kind !== 'class' || isBinary(classes, labels)) return undefined
  const resolved = resolveLabel(spec.class, fitting(labels, classes), classes)
  return resolved.kind === 'class' ? resolved.index : undefined
}

function specOf(target: AnyInput, labels: readonly string[]): ObjectiveSpec {
  const given = typeof target === 'string' ? parseObjective(target, labels) : target
  checkObjective(given)
  return typeof given === 'object' ? given : { kind: 'class', class: given }
}

/** Text that begins like another kind, and is no label: the hint names what there is. */
function withPrefixes(error: unknown, input: ObjectiveInput): unknown {
  if (!(error instanceof GradcamError) || error.code !== 'unknown-label' || typeof input !== 'string' || !/^\s*[a-z-]+:/i.test(input))
    return error
  const { message, suggestions } = error
  const hint = `give a label or an index; other targets begin with ${prefixes.map((prefix) => `${prefix}:`).join(' ')}`
  return new GradcamError('unknown-label', message, { hint, suggestions, cause: error })
}
