/** @file From what a person asks for to what is computed: classes stay classes, everything else becomes objectives. */
import { GradcamError } from '../core/errors.ts'
import type { Objective } from './objective.ts'
import { checkObjective } from './check.ts'
import { classesObjective, type ClassScores, classScoresOf, isBinary } from './classes.ts'
import type { ObjectiveContext } from './context.ts'
import { boxObjectives, maxBoxes } from './detection.ts'
import { findDecoding } from './detection/recognise.ts'
import { expressionObjective } from './expression.ts'
import type { ClassGroup } from './group.ts'
import { bestWanted, resolveTarget } from './labels.ts'
import { onnxObjective } from './onnx.ts'
import { parseObjective } from './parse.ts'
import { regionObjectives } from './region.ts'
import { similarityObjective } from './similarity.ts'
import type { ObjectiveInput, ObjectiveSpec } from './spec.ts'
import { valueObjective } from './value.ts'
import { opposite } from './weighted.ts'

/** One target as one objective for each image. */
export interface ImageObjectives {
  kind: 'objectives'
  objectives: readonly Objective[]
}

/**
 * Resolves targets, in their order; neighbouring classes are put together.
 *
 * @throws GradcamError `bad-target`, `unknown-label`, `ambiguous-label`, `bad-index`, `unknown-tensor`, `target-absent`, `shape-mismatch`
 */
export async function resolvedTargets(
  wanted: readonly ObjectiveInput[],
  context: ObjectiveContext,
): Promise<(ClassGroup | ImageObjectives)[]> {
  if (wanted.length === 0) throw new GradcamError('bad-option', 'no target is given', { hint: 'give a label, an index or top-1' })
  const scores = classScoresOf(context)
  const binary = isBinary(scores.count, context.labels)
  const groups: (ClassGroup | ImageObjectives)[] = []
  for (const spec of wanted.flatMap((each) => apart(specOf(each, context.labels)))) {
    const classes = spec.kind === 'class' && !binary ? resolveTarget(spec.class, scores.labels, scores.count) : undefined
    const last = groups.at(-1)
    if (classes?.kind === 'top') groups.push({ kind: 'top', count: classes.count, indices: [] })
    else if (classes?.kind === 'all') {
      const indices = Array.from({ length: scores.count }, (_, index) => index)
      groups.push({ kind: 'given', count: scores.count, indices, all: true })
    } else if (classes && last?.kind === 'given' && !last.all)
      groups[groups.length - 1] = { kind: 'given', count: last.count + 1, indices: [...last.indices, classes.index] }
    else if (classes) groups.push({ kind: 'given', count: 1, indices: [classes.index] })
    else groups.push({ kind: 'objectives', objectives: await aimsOf(spec, scores) })
  }
  return groups
}

/** What is asked when nothing is named: the best answer, which of a detector is a box. */
export const usualTarget = (context: ObjectiveContext): ObjectiveInput =>
  findDecoding(context) ? { kind: 'box', class: 'top-1' } : 'top-1'

/** The K best boxes, of whatever class, are K targets. */
function apart(spec: ObjectiveSpec): ObjectiveSpec[] {
  const count = spec.kind === 'box' && spec.class !== undefined ? bestWanted(spec.class) : undefined
  if (spec.kind !== 'box' || count === undefined || count === 1) return [spec]
  if (spec.rank !== undefined || spec.box !== undefined)
    throw new GradcamError('bad-target', `top-${count} is several boxes already: it takes neither box nor rank`, {
      hint: 'give top-1 and a rank for one of them',
    })
  if (count < 1 || count > maxBoxes)
    throw new GradcamError('bad-target', `top-${count} is out of range: so many boxes are not explained at once`, {
      hint: `use top-1 to top-${maxBoxes}`,
    })
  return Array.from({ length: count }, (_, i) => ({ ...spec, class: 'top-1', rank: i + 1 }))
}

/** A description, checked. */
function specOf(target: ObjectiveInput, labels: readonly string[]): ObjectiveSpec {
  const given = typeof target === 'string' ? parseObjective(target, labels) : target
  checkObjective(given)
  return typeof given === 'object' ? given : { kind: 'class', class: given }
}

/** The class that a target is, where it is a single known one. */
export function plainClass(target: ObjectiveInput, labels: readonly string[], classes: number): number | undefined {
  const spec = specOf(target, labels)
  if (spec.kind !== 'class' || isBinary(classes, labels)) return undefined
  const resolved = resolveTarget(spec.class, labels.length === classes ? labels : [], classes)
  return resolved.kind === 'class' ? resolved.index : undefined
}

async function aimsOf(spec: ObjectiveSpec, scores: ClassScores): Promise<Objective[]> {
  const { context } = scores
  const forAll = (objective: Objective): Objective[] => Array.from({ length: context.images }, () => objective)
  switch (spec.kind) {
    case 'class':
    case 'classes':
    case 'difference':
      return Promise.all(forEach(context.images, (n) => classesObjective(spec, scores, n)))
    case 'against':
      return (await aimsOf(specOf(spec.target, context.labels), scores)).map(opposite)
    case 'value':
      return forAll(valueObjective(spec, context))
    case 'region':
      return regionObjectives(spec, context)
    case 'box':
      return boxObjectives(spec, context)
    case 'similar':
      return forAll(await similarityObjective(spec, context))
    case 'expression':
      return forAll(expressionObjective(spec, context))
    case 'onnx':
      return forAll(await onnxObjective(spec, context))
    case 'file':
      throw new GradcamError('bad-target', `the target ${spec.file} was not read`, {
        hint: 'give what the file holds; gradcam/node reads files',
      })
  }
}

const forEach = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
