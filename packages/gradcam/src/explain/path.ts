/** @file Where a gradient dies: every step from the score back to the feature layer, with the size of the gradient after it. */
import { inputsOf, type ObjectiveInputs, type WantedTargets, writeTargets } from './written-targets.ts'
import { freePrefix } from '../gradient/gradient.ts'
import { zeroGradient } from '../gradient/rules/zero.ts'
import { plain } from '../gradient/tables.ts'
import { walkBack } from '../gradient/walk.ts'
import { deriveModel } from '../graph/derive.ts'
import { type Builder, createBuilder } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { isFloat, type Shape, type Value } from '../graph/graph.ts'
import type { Layers } from '../graph/layers.ts'
import { nodesBetween } from '../graph/path.ts'
import type { Model } from '../graph/model.ts'
import type { ModelBytes } from '../runtime/runtime.ts'

const zero: ReadonlySet<string> = new Set(zeroGradient)

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

/** A model whose outputs are the squared norms of the gradients along the path. */
export interface PathModel extends ObjectiveInputs {
  model: ModelBytes
  steps: readonly (Omit<PathStep, 'norm'> & { real: boolean; output: string | undefined })[]
}

/** Builds the model that measures a path: from the tensors that a single target's score is made of, back to the feature layer. */
export function pathModel(model: Model, info: TensorInfo, { feature, reduction }: Layers, wanted: WantedTargets): PathModel {
  const { graph } = model
  const prefix = freePrefix(graph)
  const g = createBuilder(graph.opset, prefix, info.dimSource)
  const { each, targetInput, parameters } = writeTargets(g, info, info.value(reduction.name), wanted, prefix)
  const seeds = each.flatMap((target) => target.seeds())
  const nodes = nodesBetween(graph, feature.name, ...seeds.map(({ tensor }) => tensor)).reverse()
  const tensors = nodes.map(({ outputs }) => outputs[0] ?? '')
  const wrt = [...new Set([...tensors, feature.name])].filter((name) => isFloat(info.find(name)?.type))
  const gradients = walkBack({ graph, info, builder: g, rules: plain, seeds, wrt })
  const norms = new Map(wrt.map((name, i) => [name, gradients[i] && squaredNorm(g, gradients[i], info.value(name).shape)]))
  const maker = graph.producers.get(feature.name)
  const shown = maker ? [...nodes, maker] : nodes
  const steps = shown.map(({ name, operator, outputs }) => {
    const tensor = outputs[0] ?? ''
    const rule = zero.has(operator) ? ('zero gradient' as const) : ('gradient' as const)
    return {
      node: name,
      operator,
      rule,
      tensor,
      shape: info.find(tensor)?.shape ?? [],
      real: isFloat(info.find(tensor)?.type),
      output: norms.get(tensor)?.name,
    }
  })
  const outputs = [...norms.values()].flatMap((value) => (value ? [value.name] : []))
  return {
    model: deriveModel(model, { ...g.emission, inputs: inputsOf({ targetInput, parameters }), outputs, inputShapes: info.inputShapes }),
    ...{ targetInput, parameters, steps },
  }
}

/** Σ g², of all images of the batch together. */
function squaredNorm(g: Builder, gradient: Value, shape: Shape): Value {
  const whole = g.cast(g.expand(gradient, shape), 'float32')
  return g.sum(
    g.mul(whole, whole),
    shape.map((_, i) => i),
  )
}
