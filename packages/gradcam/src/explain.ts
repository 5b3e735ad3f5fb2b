/** @file The one story: graph, gradient, target, method, map, built into one explained graph that answers in a single run. */
import { GradcamError } from './errors.ts'
import { freePrefix } from './gradient/gradient.ts'
import { plain } from './gradient/tables.ts'
import { walkBack } from './gradient/walk.ts'
import { type Addition, deriveModel } from './graph/derive.ts'
import { type Builder, createBuilder } from './graph/emit.ts'
import type { Facts } from './graph/facts.ts'
import type { Dim, Value } from './graph/graph.ts'
import type { Layout } from './graph/layout.ts'
import { chooseLayers, chooseReduction, type LayerOptions, type Layers, probabilities, type Probability } from './graph/layers.ts'
import type { Method } from './method/method.ts'
import { type PostProcessing, postProcess } from './method/post.ts'
import type { Model } from './model/read.ts'
import type { ModelBytes } from './runtime/runtime.ts'
import { bestClasses, classScores, classSeed } from './target/class.ts'

export interface ExplainedSettings extends LayerOptions, PostProcessing {
  method: Method
  /** Size of the network's input: that of the upsampled map. */
  size: { height: number; width: number }
  /** Classes fed as indices (`given`), or the network's best ones (`top`); that many per picture. */
  targets: { kind: 'given' | 'top'; count: number }
}

/** An explained graph: a model whose outputs are scores and finished maps. Names are those of its inputs and outputs. */
export interface ExplainedGraph {
  layers: Layers
  addition: Addition
  /** Input for `given` targets: int64 [N, T]. */
  targetInput: Value
  outputs: {
    /** Classes that the graph chose, int64 [N, T], without T for a single target. */
    targets: string | undefined
    /** Class scores of the reduction layer, float32 [N, K]. */
    logits: string
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
export function explainGraph(model: Model, facts: Facts, settings: ExplainedSettings): ExplainedGraph {
  const { graph } = model
  const layers = chooseLayers(graph, facts, settings)
  const prefix = freePrefix(graph)
  const g = createBuilder(graph.opset, prefix, facts.dimSource)
  const logits = facts.value(layers.reduction.name)
  const features = facts.value(layers.feature.name)
  const scores = classScores(g, logits)
  const batch = scores.shape[0] as Dim
  const { kind, count } = settings.targets
  const targetInput: Value = { name: `${prefix}target`, type: 'int64', shape: [batch, count] }
  const targets = kind === 'top' ? bestClasses(g, scores, count) : targetInput

  const raws: Value[] = []
  for (let t = 0; t < count; t++) {
    const index = targets.shape.length === 1 ? targets : g.reshape(g.slice(targets, 1, t, t + 1), [batch])
    const gradient = featureGradient(model, facts, g, layers, classSeed(g, logits, index))
    // maps are computed in float32 also where the network is float16
    const { layout } = layers.feature
    const map = (value: Value): Value => featureMap(g, g.cast(value, 'float32'), layout)
    raws.push(settings.method.map({ g, activations: map(features), gradient: map(gradient) }))
  }
  const maps = raws.map((raw) => postProcess(g, raw, settings.size, settings))
  const answer = answerOutputs(model, facts, g, logits)
  const outputs = {
    ...answer.outputs,
    targets: kind === 'top' ? targets.name : undefined,
    raw: stacked(g, raws).name,
    map: stacked(g, maps).name,
  }
  return {
    layers,
    addition: { ...g.emission, inputs: [targetInput] },
    targetInput,
    outputs,
    probabilityKind: answer.probabilityKind,
    featureShape: features.shape,
  }
}

/** Class scores, and probabilities where the model makes them, as float32 [N, K]. */
function answerOutputs(model: Model, facts: Facts, g: Builder, logits: Value): Answer {
  const after = probabilities(model.graph, logits.name)
  const known = after && facts.value(after.tensor).shape[1] === logits.shape[1] ? after : undefined
  const output = (value: Value, over: 'sum' | 'mean'): string => g.cast(classScores(g, value, over), 'float32').name
  return {
    outputs: { logits: output(logits, 'sum'), probabilities: known && output(facts.value(known.tensor), 'mean') },
    probabilityKind: known?.kind,
  }
}

interface Answer {
  outputs: { logits: string; probabilities: string | undefined }
  probabilityKind: Probability | undefined
}

/** The network's own answer and nothing else: a plain forward run. */
export function answerModel(model: Model, facts: Facts, options: LayerOptions = {}): Answer & { model: ModelBytes; reduction: string } {
  const { graph } = model
  const reduction = chooseReduction(graph, facts, options)
  const g = createBuilder(graph.opset, freePrefix(graph), facts.dimSource)
  const answer = answerOutputs(model, facts, g, facts.value(reduction.name))
  const outputs = Object.values(answer.outputs).filter((name) => name !== undefined)
  return { ...answer, reduction: reduction.operator, model: deriveModel(model, { ...g.emission, outputs, inputShapes: facts.inputShapes }) }
}

function featureGradient(model: Model, facts: Facts, g: Builder, layers: Layers, seed: ReturnType<typeof classSeed>): Value {
  const { feature, reduction } = layers
  const [gradient] = walkBack({
    graph: model.graph,
    facts,
    builder: g,
    rules: plain,
    seeds: [{ tensor: reduction.name, cotangent: seed }],
    wrt: [feature.name],
  })
  if (gradient) return gradient
  throw new GradcamError('no-gradient', `no gradient reaches the feature layer ${feature.name} from ${reduction.name}`, {
    hint: 'every way between them is cut by an operator without derivative: choose a later feature layer',
  })
}

/** A tensor of the feature layer, or one that broadcasts to it, as [N, C, h, w]; class and register tokens are dropped. */
function featureMap(g: Builder, x: Value, layout: Layout): Value {
  const [batch] = x.shape as [Dim]
  switch (layout.kind) {
    case 'nchw':
      return x
    case 'nhwc':
      return g.transpose(x, [0, 3, 1, 2])
    case 'nlc': {
      const { height, width, skip, channels } = layout
      const length = height * width
      const whole = x.shape[1] === skip + length ? x : g.expand(x, [batch, skip + length, channels])
      return g.reshape(g.transpose(g.slice(whole, 1, skip, skip + length), [0, 2, 1]), [batch, channels, height, width])
    }
  }
}

/** [N, h, w] of every target as [N, T, h, w]; a single one as it is. */
function stacked(g: Builder, maps: readonly Value[]): Value {
  if (maps.length === 1) return maps[0] as Value
  return g.concat(
    maps.map((map) => g.reshape(map, [map.shape[0] as Dim, 1, ...map.shape.slice(1)])),
    1,
  )
}

/** The explained graph as a model to run, for one shape of the inputs. */
export function explainedModel(model: Model, facts: Facts, explained: ExplainedGraph): ModelBytes {
  const outputs = Object.values(explained.outputs).filter((name) => name !== undefined)
  return deriveModel(model, { ...explained.addition, outputs, inputShapes: facts.inputShapes })
}
