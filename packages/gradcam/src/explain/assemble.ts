/** @file The one story: graph, gradient, target, method, map, built into one explained graph that answers in a single run. */
import { freePrefix } from '../gradient/gradient.ts'
import { type Addition, deriveModel } from '../graph/derive.ts'
import { type Builder, createBuilder } from '../graph/emit.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Dim, type Value, times } from '../graph/graph.ts'
import {
  chooseLayers,
  chooseReduction,
  eachLayer,
  type LayerOptions,
  type Layers,
  probabilities,
  type Probability,
} from '../graph/layers.ts'
import { imageInputOf } from './inputs.ts'
import { inputsOf, type ObjectiveInputs, type WantedTargets, writeTargets } from './written-targets.ts'
import type { GraphMethod } from '../method/definition.ts'
import { finishedMap, type Fusion } from '../method/fusion.ts'
import type { OptionValues } from '../method/options.ts'
import { createGraphContext, type GraphContext } from '../run/graph-context.ts'
import type { PostProcessing } from '../method/post.ts'
import type { Model } from '../graph/model.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import { classScores } from '../objective/class.ts'

export interface ExplainedSettings extends LayerOptions, PostProcessing {
  method: GraphMethod
  /** Settings of the method itself. */
  options: OptionValues
  /** How the maps of several feature layers become one; `mean` unless told. */
  fusion?: Fusion
  /** Size of the network's input: that of the upsampled map. */
  size: { height: number; width: number }
  /** Chosen already, where the target has layers of its own. */
  layers?: Layers
  targets: WantedTargets
}

/** An explained graph: a model whose outputs are scores and finished maps. Names are those of its inputs and outputs. */
export interface ExplainedGraph extends ObjectiveInputs {
  layers: Layers
  addition: Addition
  outputs: {
    /** Classes that the graph chose, int64 [N, T], without T for a single target. */
    targets: string | undefined
    /** Class scores of the reduction layer, float32 [N, K]. */
    logits: string
    /** Scores of objectives, float32 [N, T], without T for a single target. */
    scores: string | undefined
    /** The model's own probabilities, where a softmax or sigmoid follows: float32 [N, K]. */
    probabilities: string | undefined
    /** float32 [N, T, h, w], without T for a single target. */
    raw: string
    /** float32 [N, T, height, width], or [N, T, h, w] without upsampling; without T for a single target. */
    map: string
  }
  probabilityKind: Probability | undefined
  featureShape: readonly Dim[]
}

/** Appends everything from the class scores to the finished map. */
export function explainGraph(model: Model, info: TensorInfo, settings: ExplainedSettings): ExplainedGraph {
  const { graph } = model
  const layers = settings.layers ?? chooseLayers(graph, info, settings)
  const prefix = freePrefix(graph)
  const g = createBuilder(graph.opset, prefix, info.dimSource)
  const logits = info.value(layers.reduction.name)
  const image = imageInputOf(graph.inputs)
  // one context for each feature layer; a method that looks at the image alone has no layers to look at in turn
  const looked = settings.method.family === 'cam' ? eachLayer(layers) : [layers]
  const { chosen, targetInput, parameters, each } = writeTargets(g, info, logits, settings.targets, prefix)
  const contexts = each.map(({ seeds, score }) =>
    looked.map((layer) => createGraphContext({ g, graph, info, layers: layer, image, seeds, score })),
  )
  // the maps of all targets are finished together, as if each were one of another image
  const raws = looked.map((_, i) =>
    stacked(
      g,
      contexts.map((own) => settings.method.map(own[i] as GraphContext, settings.options)),
    ),
  )
  const finished = finishedMap(
    g,
    raws.map((raw) => inRows(g, raw)),
    settings.size,
    settings,
    settings.fusion ?? 'mean',
  )
  const answer = answerOutputs(model, info, g, logits)
  const outputs = {
    ...answer.outputs,
    targets: chosen?.name,
    scores:
      settings.targets.kind === 'objectives'
        ? stacked(
            g,
            contexts.map(([first]) => (first as GraphContext).score),
          ).name
        : undefined,
    raw: byTarget(g, finished.raw, logits.shape[0] as Dim, contexts.length).name,
    map: byTarget(g, finished.map, logits.shape[0] as Dim, contexts.length).name,
  }
  return {
    layers,
    addition: { ...g.emission, inputs: inputsOf({ targetInput, parameters }) },
    targetInput,
    parameters,
    outputs,
    probabilityKind: answer.probabilityKind,
    featureShape: info.value(layers.feature.name).shape,
  }
}

/** Class scores, and probabilities where the model makes them, as float32 [N, K]. */
function answerOutputs(model: Model, info: TensorInfo, g: Builder, logits: Value): Answer {
  const after = probabilities(model.graph, logits.name)
  const known = after && info.value(after.tensor).shape[1] === logits.shape[1] ? after : undefined
  const output = (value: Value, over: 'sum' | 'mean'): string => g.cast(classScores(g, value, over), 'float32').name
  return {
    outputs: { logits: output(logits, 'sum'), probabilities: known && output(info.value(known.tensor), 'mean') },
    probabilityKind: known?.kind,
  }
}

interface Answer {
  outputs: { logits: string; probabilities: string | undefined }
  probabilityKind: Probability | undefined
}

/** The network's own answer, and tensors of it by name: a plain forward run. */
export function answerModel(
  model: Model,
  info: TensorInfo,
  options: LayerOptions = {},
  tensors: readonly string[] = [],
): Answer & { model: ModelBytes; reduction: string } {
  const { graph } = model
  const reduction = chooseReduction(graph, info, options)
  const g = createBuilder(graph.opset, freePrefix(graph), info.dimSource)
  const answer = answerOutputs(model, info, g, info.value(reduction.name))
  const outputs = [...new Set([...Object.values(answer.outputs).filter((name) => name !== undefined), ...tensors])]
  return { ...answer, reduction: reduction.operator, model: deriveModel(model, { ...g.emission, outputs, inputShapes: info.inputShapes }) }
}

/** [N, …] of every target as [N, T, …]; a single one as it is. */
function stacked(g: Builder, maps: readonly Value[]): Value {
  if (maps.length === 1) return maps[0] as Value
  return g.concat(
    maps.map((map) => g.reshape(map, [map.shape[0] as Dim, 1, ...map.shape.slice(1)])),
    1,
  )
}

/** Maps [N, T, h, w] as [N·T, h, w]; those of a single target as they are. */
function inRows(g: Builder, maps: Value): Value {
  if (maps.shape.length === 3) return maps
  const [batch, targets, height, width] = maps.shape as [Dim, number, number, number]
  return g.reshape(maps, [times(batch, targets), height, width])
}

/** The reverse. */
const byTarget = (g: Builder, rows: Value, batch: Dim, targets: number): Value =>
  targets === 1 ? rows : g.reshape(rows, [batch, targets, ...rows.shape.slice(1)])

/** The explained graph as a model to run, for one shape of the inputs. */
export function explainedModel(model: Model, info: TensorInfo, explained: ExplainedGraph): ModelBytes {
  const outputs = Object.values(explained.outputs).filter((name) => name !== undefined)
  return deriveModel(model, { ...explained.addition, outputs, inputShapes: info.inputShapes })
}
