/** @file What is explained: one score per image, written as nodes over tensors of the network. */
import type { Warning } from '../core/errors.ts'
import type { Region } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import { type Cotangent, dense, densify } from '../gradient/cotangent.ts'
import { plain } from '../gradient/tables.ts'
import { walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import { type Dim, nodeOf, type Value } from '../graph/graph.ts'
import { type TensorInfo, tensorInfoWith } from '../graph/tensor-info.ts'
import type { DetectionObjective } from './detections.ts'

/** A class and how sure the network is of it. */
export interface Prediction {
  /** Class index, or box index for a detector. */
  index: number
  label: string
  score: number
  /** Of a detector: the corners x1, y1, x2, y2 in pixels of the photo. */
  box?: readonly number[]
}

/** What an objective may use to write its score. */
export interface ObjectiveScope {
  g: Builder
  /** A tensor of the network that the objective `reads`. */
  read(name: string): Value
  /** The same, held to the size that it is known to have: where it is weighted place by place, and one row would count for all. */
  held(name: string): Value
  /** What is fed under that name: [N, …] where images differ, else [1, …]. */
  parameter(name: string): Value
  /** Nodes that several objectives of one graph share. */
  once<T>(key: string, make: () => T): T
}

/** One score per image; objectives with equal keys have equal nodes and differ only in what they are fed. */
export interface Objective {
  key: string
  /** As a person calls it: a label, `yaw`, `clothes in its region`. */
  label: string
  /** The class, where the objective is a single one and known before the run. */
  index?: number | undefined
  /** The class where the graph chooses it, int64 [N]: the best one has rank 0. */
  chosen?: { rank: number; index(scope: ObjectiveScope): Value }
  /** One of all classes of the network: its map stays at feature size by default. */
  ofAll?: true | undefined
  /** The description of just this objective, from which it can be made again. */
  spec?: unknown
  /** What was found out on the way: the box, the size of the region. JSON-able. */
  details?: Readonly<Record<string, unknown>> | undefined
  warnings?: readonly Warning[] | undefined
  /** Where in the photo it is, where the objective says that itself. */
  marked?: readonly Region[] | undefined
  /** What the network itself says of the image, where that is not a class. */
  answers?: readonly Prediction[] | undefined
  /** The feature layer is looked for before these tensors, where the score's places are best told apart. Default: before `reads`. */
  before?: readonly string[] | undefined
  /** Tensors of the network that the score is made of. */
  reads: readonly string[]
  /** Values of the parameters for one image, [1, …] each. */
  feeds: Readonly<Record<string, Tensor>>
  /** The score as nodes, [N]. */
  score(scope: ObjectiveScope): Value
  /** ∂score/∂tensor for the tensors in `reads`, where that is simpler than walking back through the score's nodes. */
  seeds?(scope: ObjectiveScope): readonly Seed[]
  /** Of objectives that are boxes. */
  detections?: DetectionObjective | undefined
}

/** Where a reverse walk starts. */
export interface Seed {
  tensor: string
  cotangent: Cotangent
}

/** An objective in a graph; its nodes are emitted when they are first asked for. */
export interface WrittenObjective {
  /** Inputs for its parameters. */
  parameters: Readonly<Record<string, Value>>
  seeds(): readonly Seed[]
  /** [N] */
  score(): Value
  /** int64 [N]; undefined where the class is known, or there is none. */
  chosen: (() => Value) | undefined
}

/**
 * Writes objectives into a graph.
 *
 * @param batch first dimension of their parameters, undefined where those are constants of the graph; names of inputs begin with `prefix`
 * @param held where tensors are looked up that must have the size that is known. Default: as all others
 */
export function writeObjectives(
  g: Builder,
  info: TensorInfo,
  objectives: readonly Objective[],
  prefix: string,
  batch: Dim | undefined,
  held = info,
): WrittenObjective[] {
  const shared = new Map<string, unknown>()
  return objectives.map((objective, t) => {
    const place = objectives.length === 1 ? '' : `${t}/`
    const parameters = Object.fromEntries(
      Object.entries(objective.feeds).map(([name, tensor]): [string, Value] => [
        name,
        batch === undefined
          ? g.constant(tensor)
          : g.input({ name: `${prefix}target/${place}${name}`, type: tensor.type, shape: [batch, ...tensor.dims.slice(1)] }),
      ]),
    )
    const scope: ObjectiveScope = {
      g,
      read: (name) => info.value(name),
      held: (name) => held.value(name),
      parameter(name) {
        const value = parameters[name]
        if (value) return value
        throw new Error(`the objective has no parameter ${name}`)
      },
      once<T>(key: string, make: () => T): T {
        if (!shared.has(key)) shared.set(key, make())
        return shared.get(key) as T
      },
    }
    const { chosen } = objective
    return {
      parameters,
      seeds: () => seedsOf(objective, scope, info),
      score: () => objective.score(scope),
      chosen: chosen && (() => chosen.index(scope)),
    }
  })
}

/** ∂score/∂tensor for every tensor that an objective reads, by plain derivatives: rule tables belong to the network, not to the objective. */
function seedsOf(objective: Objective, scope: ObjectiveScope, info: TensorInfo): readonly Seed[] {
  if (objective.seeds) return objective.seeds(scope)
  const { g } = scope
  const { result: score, nodes } = g.record(() => objective.score(scope))
  const ones = g.expand(g.floats([1], [1], score.type), score.shape)
  const gradients = walkBack({
    graph: { nodes: nodes.map(nodeOf) },
    info: tensorInfoWith(info, g),
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

/** Relevance starts with the score itself: every seed times the tensor that it belongs to. */
export const timesValue = (g: Builder, info: TensorInfo, seeds: readonly Seed[]): Seed[] =>
  seeds.map(({ tensor, cotangent }) => {
    const value = info.value(tensor)
    return { tensor, cotangent: dense(g.mul(densify(g, cotangent, value), value)) }
  })
