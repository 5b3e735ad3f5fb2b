/** @file A target made definite: one score per image, written as nodes over tensors of the network. */
import type { Warning } from '../core/errors.ts'
import type { Prediction } from '../explain/explanation.ts'
import { type Cotangent, dense, densify } from '../gradient/cotangent.ts'
import { plain } from '../gradient/tables.ts'
import { walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import { type TensorInfo, tensorInfoWith } from '../graph/tensor-info.ts'
import { nodeOf, type Value } from '../graph/graph.ts'
import type { Region } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import type { DetectionObjective } from './detections.ts'

/** What an objective may use to write its score. */
export interface ObjectiveScope {
  g: Builder
  /** A tensor of the network that the objective `reads`. */
  read(name: string): Value
  /** What is fed under that name: [N, …] where images differ, else [1, …]. */
  parameter(name: string): Value
}

/** One score per image; objectives with equal keys have equal nodes and differ only in what they are fed. */
export interface Objective {
  key: string
  /** What a person calls it: a label, `yaw`, `clothes in its region`. */
  label: string
  /** The class, where the target is a single one. */
  index: number | undefined
  /** What was found out about the target on the way: the box, the size of the region. JSON-able. */
  details?: Readonly<Record<string, unknown>> | undefined
  warnings?: readonly Warning[] | undefined
  /** Where in the photo it is, where the target says that itself. */
  marked?: readonly Region[] | undefined
  /** What the network itself says of the image, where that is not a class. */
  answers?: readonly Prediction[] | undefined
  /** The feature layer is looked for before this tensor, where the score's places are best told apart; before `reads` unless told. */
  before?: string | undefined
  /** Tensors of the network that the score is made of. */
  reads: readonly string[]
  /** Values of the parameters for one image, [1, …] each. */
  feeds: Readonly<Record<string, Tensor>>
  /** The score as nodes, [N]. */
  score(scope: ObjectiveScope): Value
  /** ∂score/∂tensor for the tensors in `reads`, where that is simpler than walking back through the score's nodes. */
  seeds?(scope: ObjectiveScope): readonly Seed[]
  /** Of targets that are boxes. */
  detections?: DetectionObjective | undefined
}

/** Where a reverse walk starts. */
export interface Seed {
  tensor: string
  cotangent: Cotangent
}

/** ∂score/∂tensor for every tensor that an objective reads, by plain derivatives: rule tables belong to the network, not to the target. */
export function objectiveSeeds(objective: Objective, scope: ObjectiveScope, info: TensorInfo): readonly Seed[] {
  if (objective.seeds) return objective.seeds(scope)
  const { g } = scope
  const { result: score, nodes } = g.record(() => objective.score(scope))
  const ones = g.expand(g.floats([1], [1], score.type), score.shape)
  const gradients = walkBack({
    graph: { nodes: nodes.map(nodeOf) },
    info: withParameters(tensorInfoWith(info, g), objective, scope),
    builder: g,
    rules: plain,
    seeds: [{ tensor: score.name, cotangent: dense(ones) }],
    wrt: objective.reads,
  })
  return objective.reads.flatMap((tensor, i) => {
    const value = gradients[i]
    return value ? [{ tensor, cotangent: dense(value) }] : []
  })
}

/** What is fed has a type and a shape, too. */
function withParameters(info: TensorInfo, objective: Objective, scope: ObjectiveScope): TensorInfo {
  const fed = new Map(Object.keys(objective.feeds).map((name) => [scope.parameter(name).name, scope.parameter(name)]))
  return { ...info, find: (name) => fed.get(name) ?? info.find(name), value: (name) => fed.get(name) ?? info.value(name) }
}

/** Relevance starts with the score itself: every seed times the tensor that it belongs to. */
export const timesValue = (g: Builder, info: TensorInfo, seeds: readonly Seed[]): Seed[] =>
  seeds.map(({ tensor, cotangent }) => {
    const value = info.value(tensor)
    return { tensor, cotangent: dense(g.mul(densify(g, cotangent, value), value)) }
  })
