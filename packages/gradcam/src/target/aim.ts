/** @file A target made definite: one score per picture, written as nodes over tensors of the network. */
import type { Warning } from '../errors.ts'
import type { Prediction } from '../explanation.ts'
import { type Cotangent, dense, densify } from '../gradient/cotangent.ts'
import { plain } from '../gradient/tables.ts'
import { walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import { type Facts, factsWith } from '../graph/facts.ts'
import { nodeOf, type Value } from '../graph/graph.ts'
import type { Region } from '../picture/pixels.ts'
import type { Tensor } from '../tensor.ts'
import type { DetectionAim } from './detections.ts'

/** What an aim may use to write its score. */
export interface AimScope {
  g: Builder
  /** A tensor of the network that the aim `reads`. */
  read(name: string): Value
  /** What is fed under that name: [N, …] where pictures differ, else [1, …]. */
  parameter(name: string): Value
}

/** One score per picture; aims with equal keys have equal nodes and differ only in what they are fed. */
export interface Aim {
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
  /** What the network itself says of the picture, where that is not a class. */
  answers?: readonly Prediction[] | undefined
  /** The feature layer is looked for before this tensor, where the score's places are best told apart; before `reads` unless told. */
  before?: string | undefined
  /** Tensors of the network that the score is made of. */
  reads: readonly string[]
  /** Values of the parameters for one picture, [1, …] each. */
  feeds: Readonly<Record<string, Tensor>>
  /** The score as nodes, [N]. */
  score(scope: AimScope): Value
  /** ∂score/∂tensor for the tensors in `reads`, where that is simpler than walking back through the score's nodes. */
  seeds?(scope: AimScope): readonly Seed[]
  /** Of targets that are boxes. */
  detections?: DetectionAim | undefined
}

/** Where a reverse walk starts. */
export interface Seed {
  tensor: string
  cotangent: Cotangent
}

/** ∂score/∂tensor for every tensor that an aim reads, by plain derivatives: rule tables belong to the network, not to the target. */
export function aimSeeds(aim: Aim, scope: AimScope, facts: Facts): readonly Seed[] {
  if (aim.seeds) return aim.seeds(scope)
  const { g } = scope
  const start = g.emission.nodes.length
  const score = aim.score(scope)
  const steps = g.emission.nodes.slice(start).map(nodeOf)
  const ones = g.expand(g.floats([1], [1], score.type), score.shape)
  const gradients = walkBack({
    graph: { nodes: steps },
    facts: withParameters(factsWith(facts, g), aim, scope),
    builder: g,
    rules: plain,
    seeds: [{ tensor: score.name, cotangent: dense(ones) }],
    wrt: aim.reads,
  })
  return aim.reads.flatMap((tensor, i) => {
    const value = gradients[i]
    return value ? [{ tensor, cotangent: dense(value) }] : []
  })
}

/** What is fed has a type and a shape, too. */
function withParameters(facts: Facts, aim: Aim, scope: AimScope): Facts {
  const fed = new Map(Object.keys(aim.feeds).map((name) => [scope.parameter(name).name, scope.parameter(name)]))
  return { ...facts, find: (name) => fed.get(name) ?? facts.find(name), value: (name) => fed.get(name) ?? facts.value(name) }
}

/** Relevance starts with the score itself: every seed times the tensor that it belongs to. */
export const timesValue = (g: Builder, facts: Facts, seeds: readonly Seed[]): Seed[] =>
  seeds.map(({ tensor, cotangent }) => {
    const value = facts.value(tensor)
    return { tensor, cotangent: dense(g.mul(densify(g, cotangent, value), value)) }
  })
