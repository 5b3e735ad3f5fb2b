/** @file The explained graph of a model as tests need it: Grad-CAM of the best class, finished as usual. */
import { explainable } from '../../src/contract/explainable.ts'
import { reductionOf } from '../../src/contract/reduction.ts'
import { imageInputOf } from '../../src/explain/inputs.ts'
import { type ExplainedGraph, explainGraph } from '../../src/explain/explained-graph.ts'
import { chooseLayers } from '../../src/graph/layers.ts'
import type { Model } from '../../src/graph/model.ts'
import type { TensorInfo } from '../../src/graph/tensor-info.ts'
import { gradCam } from '../../src/method/cam/grad-cam.ts'
import { usualPost } from '../../src/method/post.ts'
import { topClass } from '../../src/objective/kinds/class.ts'

export function explainBestClass(model: Model, info: TensorInfo, side: number): ExplainedGraph {
  const layers = chooseLayers(model.graph, info, {}, reductionOf(model.graph, info))
  const settings = {
    method: gradCam,
    values: {},
    post: usualPost,
    fusion: 'mean',
    size: { height: side, width: side },
    image: imageInputOf(explainable(model).input),
  } as const
  return explainGraph(model, info, { ...settings, layers, objectives: [topClass(layers.reduction, 0, 1)] })
}
