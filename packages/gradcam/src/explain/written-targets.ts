/** @file Targets written into a graph: the inputs that they are fed by, where the walk starts, and their scores. */
import type { Builder } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Dim, Value } from '../graph/graph.ts'
import { objectiveScope } from '../run/forward-model.ts'
import { type Objective, objectiveSeeds, type Seed } from '../objective/objective.ts'
import { bestClasses, classScores, classSeed, pickedScores } from '../objective/class.ts'

/** That many per image: classes fed as indices (`given`), the network's best ones (`top`), or objectives whose parameters are fed. */
export type WantedTargets =
  | { kind: 'given' | 'top'; count: number }
  | { kind: 'objectives'; count: number; objectives: readonly Objective[] }

/** One target; its nodes are emitted when they are first asked for. */
export interface WrittenTarget {
  seeds(): readonly Seed[]
  /** [N] */
  score(): Value
}

/** The inputs of a graph that say which targets are meant. */
export interface ObjectiveInputs {
  /** Input for `given` targets: int64 [N, T]. */
  targetInput: Value
  /** Inputs for the parameters of objectives, by objective and name; [N, …] each. */
  parameters: readonly Readonly<Record<string, Value>>[]
}

export interface WrittenTargets extends ObjectiveInputs {
  /** The classes that the graph chose, int64 [N, T], without T for a single target. */
  chosen: Value | undefined
  each: readonly WrittenTarget[]
}

/** All inputs that targets add to a graph. */
export const inputsOf = ({ targetInput, parameters }: ObjectiveInputs): Value[] => [targetInput, ...parameters.flatMap(Object.values)]

/** Writes targets over the scores of a reduction layer; names of inputs begin with `prefix`. */
export function writeTargets(g: Builder, info: TensorInfo, logits: Value, wanted: WantedTargets, prefix: string): WrittenTargets {
  const batch = logits.shape[0] as Dim
  const targetInput: Value = { name: `${prefix}target`, type: 'int64', shape: [batch, wanted.count] }
  if (wanted.kind === 'objectives') {
    const written = wanted.objectives.map((objective, t) => {
      const inputs = Object.entries(objective.feeds).map(
        ([name, { type, dims }]) => [name, { name: `${prefix}target/${t}/${name}`, type, shape: [batch, ...dims.slice(1)] }] as const,
      )
      const scope = objectiveScope(g, info, new Map(inputs))
      return {
        inputs: Object.fromEntries(inputs),
        seeds: () => objectiveSeeds(objective, scope, info),
        score: () => objective.score(scope),
      }
    })
    return { chosen: undefined, targetInput, parameters: written.map(({ inputs }) => inputs), each: written }
  }
  const scores = classScores(g, logits)
  const classes = wanted.kind === 'top' ? bestClasses(g, scores, wanted.count) : targetInput
  const each = Array.from({ length: wanted.count }, (_, t) => {
    const index = classes.shape.length === 1 ? classes : g.reshape(g.slice(classes, 1, t, t + 1), [batch])
    return {
      seeds: () => [{ tensor: logits.name, cotangent: classSeed(g, logits, index) }],
      score: () => pickedScores(g, scores, index),
    }
  })
  return { chosen: wanted.kind === 'top' ? classes : undefined, targetInput, parameters: [], each }
}
