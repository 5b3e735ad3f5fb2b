/** @file A loaded network: facts and sessions are made once per input shape and options, then every photo is one run. */
import { GradcamError } from './errors.ts'
import { answerModel, explainedModel, type ExplainedGraph, type ExplainedSettings, explainGraph } from './explain.ts'
import { diagnoseInput, type ExplanationData, type Prediction } from './explanation.ts'
import { type Facts, type InputShapes, learnFacts } from './graph/facts.ts'
import { chooseLayers, type LayerOptions, type Layers } from './graph/layers.ts'
import { filled, type NamedPictureInput, pictureInputOf, shapesOf, typed, usualSize } from './inputs.ts'
import { memory } from './memory.ts'
import { type Method, methods } from './method/method.ts'
import { activations, normalizations, type PostProcessing, upsamplings } from './method/post.ts'
import type { Model } from './model/read.ts'
import { pathModel, type PathStep } from './path.ts'
import { best, collect, fitting, type NetworkFacts, shownScores } from './results.ts'
import type { Runtime, Session } from './runtime/runtime.ts'
import { resolveTarget, type Target } from './target/labels.ts'
import { type Tensor, toFloat32 } from './tensor.ts'
import { nearestNames } from './text.ts'

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
  readonly pictureInput: NamedPictureInput
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
      const dims = picture.layout === 'nchw' ? [picture.channels, size.height, size.width] : [size.height, size.width, picture.channels]
      // further inputs at the shape that they declare, with one picture
      const declared = model.graph.inputs.map(
        ({ name, shape }) => [name, (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))] as const,
      )
      const facts = await learn(
        shapesOf(model.graph.inputs, { ...Object.fromEntries(declared), [picture.name]: [picture.batch ?? 1, ...dims] }),
      )
      return chooseLayers(model.graph, facts, options)
    },
    async explain({ tensor: given, region, photo }, options = {}) {
      options.signal?.throwIfAborted()
      const tensor = filled(given, picture)
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
      return results.slice(0, given.dims[0])
    },
    async predict({ tensor: given }, top) {
      const tensor = filled(given, picture)
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
    async path({ tensor: given }, options = {}) {
      const tensor = filled(given, picture)
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
        const copies = batch / (given.dims[0] ?? 1)
        const target: Tensor = { type: 'int64', dims: [batch], data: new BigInt64Array(batch).fill(BigInt(group.indices[0] ?? 0)) }
        const fed = Object.entries({ ...feeds, [made.targetInput.name]: target }).filter(([name]) =>
          session.inputs.some((port) => port.name === name),
        )
        const run = await session.run(Object.fromEntries(fed))
        const norm = (output: string | undefined): number =>
          output !== undefined && run[output] ? Math.sqrt((toFloat32(run[output])[0] ?? 0) / copies) : 0
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

function settingsOf(picture: NamedPictureInput, tensor: Tensor, options: ExplainOptions): Omit<ExplainedSettings, 'targets'> {
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
