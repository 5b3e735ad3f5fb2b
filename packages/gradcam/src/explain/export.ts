/** @file The explained graph as an ordinary `.onnx` file: the model's own bytes, and what explains it behind them. */
import { badOption, GradcamError } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { appendToModel } from '../graph/derive.ts'
import { isLeft, wholeFile } from '../graph/model.ts'
import type { Dim } from '../graph/graph.ts'
import { type Layers, layersBefore } from '../graph/layers.ts'
import { isGraphMethod } from '../method/definition.ts'
import { makeObjectives } from '../objective/make.ts'
import type { Objective } from '../objective/objective.ts'
import { explainGraph } from './explained-graph.ts'
import { shapesOf, usualShapes } from './inputs.ts'
import type { Request } from './request.ts'
import { chosenReduction, type ExplainerState } from './state.ts'

/** A model that explains itself in a single run of any ONNX runtime. */
export interface ExplainedModel {
  /** The `.onnx` file. */
  bytes: Uint8Array
  layers: Layers
  /** Outputs by what they are: `logits` [N, K], `probabilities` [N, K], `raw` [N, T, h, w], `map` [N, T, height, width]; without T for one target. */
  outputs: Readonly<Record<string, string>>
}

/**
 * The explained graph of one method whose map is nodes, and of targets that need no image to be made definite: classes, `top-K`, values,
 * expressions.
 *
 * @throws GradcamError `bad-option` for other methods, `bad-target` for other targets, `unsupported-model` where the model was rewritten
 *   when it was read
 */
export async function exportExplained(state: ExplainerState, request: Request): Promise<ExplainedModel> {
  const { model, image, learn } = state
  const [wanted, ...others] = request.methods
  if (!wanted || others.length > 0 || request.smoothing)
    throw badOption('one method is exported, without smoothing', 'leave `noise`, `augment` and other methods out')
  const { method, values, post } = wanted
  if (!isGraphMethod(method))
    throw badOption(`${method.name} is a procedure of many runs, not a graph`, 'choose a method of one run, as grad-cam')
  const size = await state.usualSize()
  const info = await learn(shapesOf(model.graph.inputs, usualShapes(model.graph.inputs, image, size, request.inputs)))
  const objectives = await withoutImages(state, request, size, info)
  const [first] = objectives
  if (!first) throw badOption('no target is given', 'give a label, an index or top-1')
  const { layers } = layersBefore(model.graph, info, request.layers, chosenReduction(state, info, request.layers), first)
  const explained = explainGraph(model, info, {
    method,
    values,
    post,
    fusion: request.fusion,
    size,
    image,
    layers,
    objectives,
    fixed: true,
  })
  return {
    bytes: appendToModel(isLeft(model) ? { ...model, bytes: await wholeFile(model) } : model, {
      ...explained.addition,
      outputs: Object.values(explained.values),
    }),
    layers,
    outputs: Object.fromEntries(Object.entries(explained.values).map(([name, value]) => [name, value.name])),
  }
}

/** Objectives that are the same for every image. */
async function withoutImages(
  state: ExplainerState,
  { target, layers }: Request,
  input: Size,
  info: Awaited<ReturnType<ExplainerState['learn']>>,
): Promise<Objective[]> {
  const needsImage = async (): Promise<never> => {
    throw new GradcamError('bad-target', 'this target is made definite by looking at an image, which an exported graph cannot do', {
      hint: 'export a class, top-K, a value or an expression',
    })
  }
  const { model, network, image } = state
  const reduction = chosenReduction(state, info, layers)
  const made = await makeObjectives(target ?? ['top-1'], {
    ...{ graph: model.graph, info, labels: network.labels, images: 1, input, region: undefined, photo: undefined },
    ...{ reduction: reduction.name, classAxis: reduction.axis, reductionNamed: layers.reductionLayer !== undefined },
    answer: state.answer(info, state.model.graph),
    batch: info.value(image.name).shape[0] as Dim,
    ...{ look: needsImage, learn: needsImage },
  })
  return made.map(([only]) => only as Objective)
}
