/** @file The explained graph that `gradcam explain` runs by default: Grad-CAM of the best class. */
import { explainable } from '../packages/gradcam/dist/contract/explainable.js'
import { reductionOf } from '../packages/gradcam/dist/contract/reduction.js'
import { imageInputOf } from '../packages/gradcam/dist/explain/inputs.js'
import { explainGraph } from '../packages/gradcam/dist/explain/explained-graph.js'
import { chooseLayers } from '../packages/gradcam/dist/graph/layers.js'
import { gradCam } from '../packages/gradcam/dist/method/cam/grad-cam.js'
import { usualPost } from '../packages/gradcam/dist/method/post.js'
import { topClass } from '../packages/gradcam/dist/objective/kinds/class.js'

/**
 * @param {import('../packages/gradcam/dist/graph/model.js').Model} model
 * @param {import('../packages/gradcam/dist/graph/tensor-info.js').TensorInfo} info for inputs of 224×224
 */
export function explainedModel(model, info) {
  const layers = chooseLayers(model.graph, info, {}, reductionOf(model.graph, info))
  return explainGraph(model, info, {
    ...{ method: gradCam, values: {}, post: usualPost, fusion: /** @type {const} */ ('mean') },
    ...{
      size: { height: 224, width: 224 },
      image: imageInputOf(explainable(model).input),
      layers,
      objectives: [topClass(layers.reduction, 0, 1)],
    },
  }).model
}
