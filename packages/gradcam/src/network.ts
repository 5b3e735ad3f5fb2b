/** @file A loaded network: facts and sessions are made once per input shape and options, then every photo is one run. */
import { GradcamError, type Warning } from './errors.ts'
import { answerModel, explainedModel, type ExplainedGraph, type ExplainedSettings, explainGraph } from './explain.ts'
import {
  diagnoseInput,
  diagnoseLabels,
  diagnoseLayer,
  diagnoseMap,
  diagnoseSaturation,
  type ExplanationData,
  type Prediction,
  type ScoreKind,
} from './explanation.ts'
import { type Facts, type InputShapes, learnFacts } from './graph/facts.ts'
import type { DeclaredTensor, Dim } from './graph/graph.ts'
import { chooseLayers, type LayerOptions, type Layers } from './graph/layers.ts'
import { memory } from './memory.ts'
import { methods, type Method } from './method/method.ts'
import { activations, normalizations, normalizePercentile, type PostProcessing, upsamplings } from './method/post.ts'
import type { Preprocessing } from './model/preprocessing.ts'
import type { Model } from './model/read.ts'
import { pathModel, type PathStep } from './path.ts'
import type { PictureInput } from './picture/preprocess.ts'
import type { Runtime, Session } from './runtime/runtime.ts'
import { resolveTarget, type Target } from './target/labels.ts'
import { castFloat32, toFloat32, type Tensor } from './tensor.ts'
import { nearestNames } from './text.ts'
import { version } from './version.ts'

/** What is known about a network beside its graph. */
export interface NetworkFacts {
  name: string
  labels: readonly string[]
  preprocessing: Preprocessing | undefined
  /** Whether the outputs are classes of which one is right: a softmax is implied where the model has none. */
  singleLabel: boolean
}

export interface ExplainOptions extends LayerOptions, Partial<PostProcessing> {
  /** Label, index, `top-1` (the default) or `top-K`; an array explains each. */
  target?: Target | readonly Target[]
  /** Name of a method; `grad-cam` unless told. */
  method?: string
  /** Further inputs of a model that takes more than a picture. */
  inputs?: Readonly<Record<string, Tensor>>
  signal?: AbortSignal
}

/** A picture as the network takes it, [N, C, H, W] or [N, H, W, C], and where it came from. */
export interface PreparedPicture {
  tensor: Tensor
  region: ExplanationData['region']
  photo: ExplanationData['photo']
}

export interface NetworkCore {
  /** The input that takes the picture. */
  readonly pictureInput: PictureInput & { name: string }
  layers(options?: LayerOptions): Promise<Layers>
  /** Per picture of the batch, per target, one explanation. */
  explain(picture: PreparedPicture, options?: ExplainOptions): Promise<ExplanationData[][]>
  /** The best answers for the first picture of the batch, by a plain forward run. */
  predict(picture: PreparedPicture, top: number): Promise<Prediction[]>
  /** The way of the gradient from the score back to the feature layer, step by step. */
  path(picture: PreparedPicture, options?: ExplainOptions): Promise<GradientPath>
  close(): Promise<void>
}

export interface GradientPath {
  layers: Layers
  /** The class whose score was followed back, where it was given. */
  index: number | undefined
  steps: readonly PathStep[]
}

/** An explained graph and the session that runs it. */
interface Open {
  explained: ExplainedGraph
  session: Session
}

// sessions hold packed weights: enough for a page of controls, not for every slider position
const mostSessions = 8
const mostShapes = 32

/** Wraps a model and a runtime. Nothing is opened before it is needed. */
export function createNetwork(model: Model, runtime: Runtime, about: NetworkFacts): NetworkCore {
  const picture = pictureInputOf(model.graph.inputs)
  const known = memory<Facts>(mostShapes)
  const sessions = memory<Open>(mostSessions, ({ session }) => session.release())
  const answers = memory<{ answer: ReturnType<typeof answerModel>; session: Session }>(1, ({ session }) => session.release())

  const learn = (shapes: InputShapes): Promise<Facts> => known.get(JSON.stringify(shapes), () => learnFacts(model, runtime, shapes))
  const open = (shapes: InputShapes, facts: Facts, settings: ExplainedSettings): Promise<Open> =>
    sessions.get(JSON.stringify({ shapes, ...settings, method: settings.method.name }), async () => {
      const explained = explainGraph(model, facts, settings)
      return { explained, session: await runtime.open(explainedModel(model, facts, explained)) }
    })

  return {
    pictureInput: picture,
    async layers(options = {}) {
      const size = usualSize(picture, about.preprocessing)
      const dims =
        picture.layout === 'nchw' ? [1, picture.channels, size.height, size.width] : [1, size.height, size.width, picture.channels]
      // further inputs at the shape that they declare, with one picture
      const declared = model.graph.inputs.map(
        ({ name, shape }) => [name, (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))] as const,
      )
      const facts = await learn(shapesOf(model.graph.inputs, { ...Object.fromEntries(declared), [picture.name]: dims }))
      return chooseLayers(model.graph, facts, options)
    },
    async explain({ tensor, region, photo }, options = {}) {
      options.signal?.throwIfAborted()
      const started = performance.now()
      const feeds: Record<string, Tensor> = { ...options.inputs, [picture.name]: typed(tensor, picture.type) }
      const shapes = shapesOf(model.graph.inputs, Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims])))
      const facts = await learn(shapes)
      const settings = settingsOf(picture, tensor, options)
      const layers = chooseLayers(model.graph, facts, settings)
      const classes = facts.value(layers.reduction.name).shape[1] ?? 1
      const count = typeof classes === 'number' ? classes : 1
      const groups = targetGroups(options.target ?? 'top-1', fitting(about.labels, count), count)
      const results: ExplanationData[][] = Array.from({ length: tensor.dims[0] ?? 1 }, () => [])
      for (const group of groups) {
        const full: ExplainedSettings = { ...settings, targets: { kind: group.kind, count: group.count } }
        const { explained, session } = await open(shapes, facts, full)
        options.signal?.throwIfAborted()
        const derived = performance.now()
        const run = await session.run(feedsOf(session, explained, feeds, group, tensor.dims[0] ?? 1))
        const timings = { prepare: derived - started, run: performance.now() - derived }
        const warnings = photo ? [] : diagnoseInput(toFloat32(tensor), about.preprocessing)
        collect(results, {
          warnings,
          explained,
          run,
          about,
          settings: full,
          indices: group.indices,
          runtime: runtime.name,
          region,
          photo,
          timings,
        })
      }
      return results
    },
    async predict({ tensor }, top) {
      const shapes = shapesOf(model.graph.inputs, { [picture.name]: tensor.dims })
      const { answer, session } = await answers.get(JSON.stringify(shapes), async () => {
        const made = answerModel(model, await learn(shapes))
        return { answer: made, session: await runtime.open(made.model) }
      })
      const run = await session.run({ [picture.name]: typed(tensor, picture.type) })
      const read = (name: string | undefined): Float32Array | undefined =>
        name !== undefined && run[name] ? toFloat32(run[name]) : undefined
      const classes = run[answer.outputs.logits]?.dims[1] ?? 0
      const { shown } = shownScores(
        (read(answer.outputs.logits) ?? new Float32Array()).subarray(0, classes),
        read(answer.outputs.probabilities)?.subarray(0, classes),
        { probabilityKind: answer.probabilityKind, reduction: answer.reduction, singleLabel: about.singleLabel },
      )
      return best(shown, top).map((index) => ({ index, label: about.labels[index] ?? `class ${index}`, score: shown[index] as number }))
    },
    async path({ tensor }, options = {}) {
      const feeds: Record<string, Tensor> = { ...options.inputs, [picture.name]: typed(tensor, picture.type) }
      const shapes = shapesOf(model.graph.inputs, Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims])))
      const facts = await learn(shapes)
      const layers = chooseLayers(model.graph, facts, options)
      const classes = facts.value(layers.reduction.name).shape[1] ?? 1
      const count = typeof classes === 'number' ? classes : 1
      const [group, ...others] = targetGroups(options.target ?? 'top-1', fitting(about.labels, count), count)
      if (!group || group.count !== 1 || others.length > 0) {
        throw new GradcamError('bad-option', 'a path is followed from one target', { hint: 'give one label or index, or top-1' })
      }
      const made = pathModel(model, facts, layers, group.kind)
      const session = await runtime.open(made.model)
      try {
        const batch = tensor.dims[0] ?? 1
        const target: Tensor = { type: 'int64', dims: [batch], data: new BigInt64Array(batch).fill(BigInt(group.indices[0] ?? 0)) }
        const given = Object.entries({ ...feeds, [made.targetInput.name]: target }).filter(([name]) =>
          session.inputs.some((port) => port.name === name),
        )
        const run = await session.run(Object.fromEntries(given))
        const norm = (output: string | undefined): number =>
          output !== undefined && run[output] ? Math.sqrt(toFloat32(run[output])[0] ?? 0) : 0
        return {
          layers,
          index: group.indices[0],
          steps: made.steps.map(({ output, real, ...step }) => ({ ...step, norm: real ? norm(output) : undefined })),
        }
      } finally {
        await session.release()
      }
    },
    async close() {
      await Promise.all([sessions.clear(), answers.clear(), known.clear()])
    },
  }
}

/** Labels, where there are as many as classes: else they belong to something else. */
const fitting = (labels: readonly string[], classes: number): readonly string[] => (labels.length === classes ? labels : [])

interface TargetGroup {
  kind: 'given' | 'top'
  count: number
  indices: readonly number[]
}

/** Neighbouring classes share a run; `top-K` is chosen inside the graph. */
function targetGroups(target: Target | readonly Target[], labels: readonly string[], classes: number): TargetGroup[] {
  const wanted = typeof target === 'string' || typeof target === 'number' ? [target] : target
  if (wanted.length === 0) throw new GradcamError('bad-option', 'no target is given', { hint: 'give a label, an index or top-1' })
  const groups: TargetGroup[] = []
  for (const each of wanted) {
    const resolved = resolveTarget(each, labels, classes)
    const last = groups.at(-1)
    if (resolved.kind === 'top') groups.push({ kind: 'top', count: resolved.count, indices: [] })
    else if (last?.kind === 'given')
      groups[groups.length - 1] = { ...last, count: last.count + 1, indices: [...last.indices, resolved.index] }
    else groups.push({ kind: 'given', count: 1, indices: [resolved.index] })
  }
  return groups
}

function feedsOf(
  session: Session,
  explained: ExplainedGraph,
  feeds: Record<string, Tensor>,
  group: TargetGroup,
  batch: number,
): Record<string, Tensor> {
  const given: Record<string, Tensor> = {}
  for (const { name } of session.inputs) {
    const feed = feeds[name]
    if (feed) given[name] = feed
    else if (name === explained.targetInput.name) {
      const data = BigInt64Array.from({ length: batch * group.count }, (_, i) => BigInt(group.indices[i % group.count] as number))
      given[name] = { type: 'int64', dims: [batch, group.count], data }
    }
  }
  return given
}

interface Finished {
  explained: ExplainedGraph
  run: Record<string, Tensor>
  about: NetworkFacts
  settings: ExplainedSettings
  /** Of the input, the same for all. */
  warnings: readonly Warning[]
  /** The classes asked for, where they were. */
  indices: readonly number[]
  runtime: string
  region: ExplanationData['region']
  photo: ExplanationData['photo']
  timings: Record<string, number>
}

/** Takes the outputs of a run apart: one explanation per picture and target. */
function collect(results: ExplanationData[][], finished: Finished): void {
  const { explained, run, about, settings } = finished
  const tensor = (name: string): Tensor => {
    const value = run[name]
    if (!value) throw new GradcamError('internal', `the run did not return ${name}`, { hint: 'please report this with the model' })
    return value
  }
  const logits = tensor(explained.outputs.logits)
  const chosen = explained.outputs.targets === undefined ? undefined : tensor(explained.outputs.targets)
  const raw = tensor(explained.outputs.raw)
  const map = tensor(explained.outputs.map)
  const [batch, classes] = logits.dims as [number, number]
  const { count } = settings.targets
  const own = explained.outputs.probabilities === undefined ? undefined : toFloat32(tensor(explained.outputs.probabilities))
  const labels = fitting(about.labels, classes)
  const { method, size: _size, targets: _targets, featureLayer: _feature, reductionLayer: _reduction, ...post } = settings
  for (let n = 0; n < batch; n++) {
    const scores = toFloat32(logits).subarray(n * classes, (n + 1) * classes)
    const { kind, shown } = shownScores(scores, own?.subarray(n * classes, (n + 1) * classes), {
      probabilityKind: explained.probabilityKind,
      reduction: explained.layers.reduction.operator,
      singleLabel: about.singleLabel && labels.length > 0,
    })
    const predict = (index: number): Prediction => ({ index, label: labels[index] ?? `class ${index}`, score: shown[index] as number })
    const top = best(shown, 5).map(predict)
    for (let t = 0; t < count; t++) {
      const index = chosen ? Number(chosen.data[n * count + t]) : (finished.indices[t] as number)
      const rawGrid = gridAt(raw, n * count + t)
      const mapGrid = gridAt(map, n * count + t)
      if (post.normalize === 'percentile') normalizePercentile(mapGrid.data)
      results[n]?.push({
        ...predict(index),
        scoreKind: kind,
        logit: scores[index] as number,
        map: mapGrid,
        raw: rawGrid,
        method: method.name,
        featureLayer: explained.layers.feature.name,
        reductionLayer: explained.layers.reduction.name,
        top,
        region: finished.region,
        photo: finished.photo,
        provenance: {
          model: about.name,
          method: method.name,
          featureLayer: explained.layers.feature,
          reductionLayer: explained.layers.reduction,
          featureShape: explained.featureShape,
          settings: post,
          versions: { gradcam: version, runtime: finished.runtime },
        },
        warnings: [
          ...finished.warnings,
          ...diagnoseLabels(about.labels.length, classes),
          ...diagnoseLayer(explained.layers.feature),
          ...diagnoseMap(rawGrid.data, post),
          ...diagnoseSaturation(explained.layers.reduction.operator, scores[index] as number),
        ],
        timings: finished.timings,
      })
    }
  }
}

function gridAt({ dims, data }: Tensor, i: number): ExplanationData['map'] {
  const [height, width] = dims.slice(-2) as [number, number]
  const size = height * width
  return { width, height, data: (data as Float32Array).slice(i * size, (i + 1) * size) }
}

interface ScoreFacts {
  probabilityKind: ExplainedGraph['probabilityKind']
  /** Operator of the reduction layer. */
  reduction: string
  singleLabel: boolean
}

/** Scores as they are shown: probabilities wherever there are some. */
function shownScores(
  logits: Float32Array,
  own: Float32Array | undefined,
  { probabilityKind, reduction, singleLabel }: ScoreFacts,
): { kind: ScoreKind; shown: Float32Array } {
  if (own) return { kind: 'probability', shown: probabilityKind === 'log-softmax' ? own.map(Math.exp) : own }
  if (['Softmax', 'Sigmoid'].includes(reduction)) return { kind: 'probability', shown: logits }
  if (!singleLabel || logits.length < 2) return { kind: 'logit', shown: logits }
  const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = logits.map((value) => Math.exp(value - max))
  const total = powers.reduce((a, b) => a + b, 0)
  return { kind: 'implied-probability', shown: powers.map((value) => value / total) }
}

/** Indices of the largest values, largest first, earlier ones first among equals. */
function best(values: Float32Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, count)
}

/** A preprocessed tensor in the element type that the model takes. */
const typed = (tensor: Tensor, type: Tensor['type']): Tensor =>
  tensor.type === type ? tensor : castFloat32(toFloat32(tensor), type, tensor.dims)

/** The size that photos will get where the model itself does not fix it. */
function usualSize({ height, width }: PictureInput, spec: Preprocessing | undefined): { height: number; width: number } {
  const sized = spec?.crop ?? spec?.size
  if (sized && 'height' in sized) return { height: height ?? sized.height, width: width ?? sized.width }
  const edge = sized?.shortestEdge ?? 224
  return { height: height ?? edge, width: width ?? edge }
}

function settingsOf(picture: NetworkCore['pictureInput'], tensor: Tensor, options: ExplainOptions): Omit<ExplainedSettings, 'targets'> {
  const axes = picture.layout === 'nchw' ? [2, 3] : [1, 2]
  return {
    method: methodNamed(options.method ?? 'grad-cam'),
    activation: oneOf('activation', options.activation ?? 'relu', activations),
    upsample: oneOf('upsample', options.upsample ?? 'bicubic', upsamplings),
    normalize: oneOf('normalize', options.normalize ?? 'minmax', normalizations),
    size: { height: tensor.dims[axes[0] as number] as number, width: tensor.dims[axes[1] as number] as number },
    ...(options.featureLayer === undefined ? {} : { featureLayer: options.featureLayer }),
    ...(options.reductionLayer === undefined ? {} : { reductionLayer: options.reductionLayer }),
  }
}

function methodNamed(name: string): Method {
  const found = methods.find((method) => method.name === name)
  if (found) return found
  const names = methods.map((method) => method.name)
  throw new GradcamError('bad-option', `unknown method: ${name}`, {
    hint: `methods: ${names.join(', ')}`,
    suggestions: nearestNames(name, names),
  })
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value)
  if (found !== undefined) return found
  throw new GradcamError('bad-option', `unknown ${option}: ${value}`, {
    hint: `${option} is one of ${allowed.join(', ')}`,
    suggestions: nearestNames(value, allowed),
  })
}

/** The shapes to prepare for: a free batch stays free, other free dimensions take the size of what is fed. */
function shapesOf(inputs: readonly DeclaredTensor[], given: Readonly<Record<string, readonly number[]>>): InputShapes {
  const shapes: Record<string, readonly Dim[]> = {}
  for (const { name, shape } of inputs) {
    const dims = given[name]
    if (!dims) {
      throw new GradcamError('shape-mismatch', `the model also takes the input ${name}`, {
        hint: `give it as a tensor: inputs: { '${name}': … }`,
      })
    }
    if (shape && (shape.length !== dims.length || shape.some((dim, i) => typeof dim === 'number' && dim !== dims[i]))) {
      throw new GradcamError('shape-mismatch', `the input ${name} has shape [${dims.join(', ')}], the model takes [${shape.join(', ')}]`, {
        hint: 'give a tensor of the shape that the model takes',
      })
    }
    const batchIsFree = typeof (shape?.[0] ?? '') === 'string'
    shapes[name] = dims.map((dim, axis) => (axis === 0 && batchIsFree ? 'N' : dim))
  }
  return shapes
}

/** The input of shape [N, C, H, W] or [N, H, W, C] with one or three channels. */
function pictureInputOf(inputs: readonly DeclaredTensor[]): NetworkCore['pictureInput'] {
  for (const { name, type, shape } of inputs) {
    if (shape?.length !== 4 || !type) continue
    const [, second, third, fourth] = shape
    const size = (dim: Dim | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined)
    if (second === 3 || second === 1) return { name, type, layout: 'nchw', channels: second, height: size(third), width: size(fourth) }
    if (fourth === 3 || fourth === 1) return { name, type, layout: 'nhwc', channels: fourth, height: size(second), width: size(third) }
    if (typeof second === 'string') return { name, type, layout: 'nchw', channels: 3, height: size(third), width: size(fourth) }
  }
  const found = inputs.map(({ name, shape }) => `${name} [${(shape ?? ['?']).join(', ')}]`).join(', ')
  throw new GradcamError('unsupported-model', `the model has no picture input; its inputs are ${found || 'none'}`, {
    hint: 'gradcam explains networks with an input of shape [N, 3, H, W] or [N, H, W, 3]',
  })
}
