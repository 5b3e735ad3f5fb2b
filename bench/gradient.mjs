/** @file The model that computes a class score's gradient with respect to the whole input. */
import { reductionOf } from '../packages/gradcam/dist/contract/reduction.js'
import { freePrefix } from '../packages/gradcam/dist/gradient/gradient.js'
import { plain } from '../packages/gradcam/dist/gradient/tables.js'
import { walkBack } from '../packages/gradcam/dist/gradient/walk.js'
import { deriveModel } from '../packages/gradcam/dist/graph/derive.js'
import { createBuilder } from '../packages/gradcam/dist/graph/emit.js'
import { bestClasses, classScores, classSeed } from '../packages/gradcam/dist/objective/class-nodes.js'

/**
 * @param {import('../packages/gradcam/dist/graph/model.js').Model} model
 * @param {import('../packages/gradcam/dist/graph/tensor-info.js').TensorInfo} facts
 */
export function inputGradientModel(model, facts) {
  const { graph } = model
  const input = graph.inputs[0]?.name ?? ''
  const g = createBuilder(graph.opset, freePrefix(graph), facts.dimSource)
  const { name, axis } = reductionOf(graph, facts)
  const logits = facts.value(name)
  const best = bestClasses(g, classScores(g, logits, axis), 1)
  const seeds = [{ tensor: logits.name, cotangent: classSeed(g, logits, axis, best) }]
  const [gradient] = walkBack({ graph, info: facts, builder: g, rules: plain, seeds, wrt: [input] })
  if (!gradient) throw new Error('the score does not depend on the input')
  return deriveModel(model, { ...g.emission, outputs: [logits.name, gradient.name], inputShapes: facts.inputShapes })
}
