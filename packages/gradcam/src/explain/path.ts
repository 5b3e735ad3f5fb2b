/** @file Where a gradient dies: every step from the score back to the feature layer, with the size of the gradient after it. */
import { badOption } from '../core/errors.ts'
import { toFloat32 } from '../core/tensor.ts'
import { zeroGradient } from '../gradient/rules/zero.ts'
import { plain } from '../gradient/tables.ts'
import { walkBack } from '../gradient/walk.ts'
import type { Builder } from '../graph/emit.ts'
import { isFloat, type Shape, type Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import { nodesBetween } from '../graph/path.ts'
import type { Model } from '../graph/model.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Objective } from '../objective/objective.ts'
import { assemble, type Assembly } from '../run/assemble.ts'
import { feedsOf } from './graph-run.ts'
import { prepare } from './prepare.ts'
import type { PreparedImage, Request } from './request.ts'
import { type ExplainerState, withSession } from './state.ts'

const zero: ReadonlySet<string> = new Set(zeroGradient)

/** One tensor on the way of the gradient, with the size of the gradient there. */
export interface PathStep {
  /** Name of the node. */
  node: string
  operator: string
  /** What the walk does there: applies the operator's derivative, or takes it as zero. */
  rule: 'gradient' | 'zero gradient'
  /** The tensor that the node makes, and its shape. */
  tensor: string
  shape: Shape
  /** Euclidean norm of the score's gradient with respect to that tensor; undefined where it holds integers. */
  norm: number | undefined
}

/** The gradient from the score back to the feature layer, tensor by tensor. */
export interface GradientPath {
  layers: Layers
  /** The class whose score was followed back, where it was given. */
  index: number | undefined
  /** What was followed back, where that is more than the score of a class: `yaw`, `clothes in its region`. */
  label: string | undefined
  steps: readonly PathStep[]
}

/** Follows the gradient of a single target. */
export async function followPath(state: ExplainerState, given: PreparedImage, request: Request): Promise<GradientPath> {
  const batch = await prepare(state, given, request)
  const [group, ...others] = batch === 'apart' ? [] : batch.groups
  const [objective, ...more] = group?.objectives[0] ?? []
  if (batch === 'apart' || !group || !objective || more.length > 0 || others.length > 0) {
    throw badOption('a path is followed from one target', 'give one target, or top-1')
  }
  const { info, shapes } = batch
  const key = ['path', shapes, objective.key, group.layers.feature.name, group.explained.name]
  const make = (): PathModel => pathModel(state.model, info, group.layers, objective, group.explained.name)
  return withSession(state, key, make, async ({ made, session }) => {
    const copies = batch.batch / batch.images
    const run = await session.run(feedsOf(session, made.parameters, batch.feeds, group.objectives))
    const norm = (output: string | undefined): number =>
      output !== undefined && run[output] ? Math.sqrt((toFloat32(run[output])[0] ?? 0) / copies) : 0
    return {
      layers: { ...group.layers, reduction: { ...group.layers.reduction, ...group.explained } },
      index: objective.index,
      label: objective.index === undefined && !objective.chosen ? objective.label : undefined,
      steps: made.steps.map(({ output, real, ...step }) => ({ ...step, norm: real ? norm(output) : undefined })),
    }
  })
}

interface PathModel extends Assembly {
  steps: readonly (Omit<PathStep, 'norm'> & { real: boolean; output: string | undefined })[]
}

/** A model whose outputs are the squared norms of the gradients along the path. */
function pathModel(model: Model, info: TensorInfo, { feature }: Layers, objective: Objective, explained: string): PathModel {
  const { graph } = model
  const batch = info.value(explained).shape[0] ?? 1
  let shown: ReturnType<typeof nodesBetween> = []
  const assembly = assemble({ model, info, objectives: [objective], parameterBatch: batch }, (g, [written]) => {
    const seeds = written?.seeds() ?? []
    const nodes = nodesBetween(graph, feature.name, ...seeds.map(({ tensor }) => tensor)).reverse()
    const maker = graph.producers.get(feature.name)
    shown = maker ? [...nodes, maker] : nodes
    const tensors = [...nodes.map(({ outputs }) => outputs[0] ?? ''), feature.name]
    const wrt = [...new Set(tensors)].filter((name) => isFloat(info.find(name)?.type))
    const gradients = walkBack({ graph, info, builder: g, rules: plain, seeds, wrt })
    return Object.fromEntries(wrt.map((name, i) => [name, gradients[i] && squaredNorm(g, gradients[i], info.value(name).shape)]))
  })
  const steps = shown.map(({ name, operator, outputs }) => {
    const tensor = outputs[0] ?? ''
    return {
      ...{ node: name, operator, tensor, shape: info.find(tensor)?.shape ?? [] },
      rule: zero.has(operator) ? ('zero gradient' as const) : ('gradient' as const),
      real: isFloat(info.find(tensor)?.type),
      output: assembly.outputs[tensor]?.name,
    }
  })
  return { ...assembly, steps }
}

/** Σ g², of all images of the batch together. */
function squaredNorm(g: Builder, gradient: Value, shape: Shape): Value {
  const whole = g.cast(g.expand(gradient, shape), 'float32')
  return g.sum(
    g.mul(whole, whole),
    shape.map((_, i) => i),
  )
}
