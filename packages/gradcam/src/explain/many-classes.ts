/** @file Many classes of one image by a method that is nodes: one forward pass, then the classes as a batch. */
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData } from './explanation.ts'
import type { Dim, Value } from '../graph/graph.ts'
import type { GraphMethod } from '../method/definition.ts'
import type { OptionValues } from '../method/options.ts'
import { type PostProcessing, postProcess } from '../method/post.ts'
import type { ForwardSpec } from '../run/forward-model.ts'
import type { GraphContext } from '../run/graph-context.ts'
import { BatchDependent } from '../run/shared-features.ts'
import type { Forward, RunContext } from '../run/forward.ts'
import type { Grid } from '../core/pixels.ts'
import { layerNames, optionsOf, postOf } from './request.ts'
import { partOf, noProgress } from '../core/progress.ts'
import { type Answer, best, explanationOf, outputOf } from './results.ts'
import { classObjective, fedClassObjective } from '../objective/class.ts'
import { type ClassGroup, indicesOf } from '../objective/group.ts'
import { holding } from '../runtime/pool.ts'
import { runContextOf } from './task.ts'
import { answersWith, type Ready, type Workshop } from './workshop.ts'

// all maps of an image together, finished and raw
const maxBytes = 2 ** 30

/** Target by target in the order of the group, for every image. */
export async function explainManyClasses(
  work: Workshop,
  ready: Ready,
  method: GraphMethod,
  group: ClassGroup,
): Promise<ExplanationData[][]> {
  const { about, runtime } = work
  const { given, options, feeds, shapes, info, layers, size } = ready
  const post = postOf(method, group.all ? { ...options, upsample: options.upsample ?? 'none' } : options)
  const values = optionsOf(method, options)
  if (layers.features.length > 1) {
    throw new GradcamError('bad-option', 'maps of all classes are made at one feature layer', {
      hint: 'name one --feature-layer, or the targets that you want',
    })
  }
  const { answers, run } = await answersWith(work, shapes, feeds, layerNames(options), [layers.feature.name])
  const features = outputOf(run, layers.feature.name)
  const results: ExplanationData[][] = []
  const prepare = performance.now() - ready.started
  for (let n = 0; n < (given.tensor.dims[0] ?? 1); n++) {
    const begun = performance.now()
    const answer = answers[n] as Answer
    const indices = group.kind === 'top' ? best(answer.shown, group.count) : indicesOf(group, n)
    const maps = await holding((hold) => {
      const context = runContextOf(work, ready, n, {
        ...{ objective: classObjective(layers.reduction.name, 0, 'a class'), layers, features, hold },
        // methods that are nodes do not ask
        impliedSoftmax: false,
        progress: partOf(options.progress ?? noProgress, n, given.tensor.dims[0] ?? 1),
        key: [method.name, values.all, post],
      })
      return mapsOf(context, method, values, post, size, indices)
    })
    const timings = { prepare, run: performance.now() - begun }
    const common = {
      ...{ about, answer, layers, method, post, timings, options: values, warnings: ready.warnings, details: undefined },
      ...{ featureShape: info.value(layers.feature.name).shape, runtime: runtime.name, region: given.region, photo: given.photo },
    }
    results.push(indices.map((index, t) => explanationOf({ ...common, target: { index }, ...(maps[t] as { raw: Grid; map: Grid }) })))
  }
  return results
}

/** Raw and finished map of each class. */
async function mapsOf(
  context: RunContext,
  method: GraphMethod,
  values: OptionValues,
  post: PostProcessing,
  size: { height: number; width: number },
  indices: readonly number[],
): Promise<{ raw: Grid; map: Grid }[]> {
  const forward = await classForward(context, method, (context) => {
    const raw = forEachItem(context, method.map(context, values))
    return { raw, map: postProcess(context.g, raw, size, post) }
  })
  const sizeOfMap = (name: string): { height: number; width: number } => {
    const [height, width] = (forward.shapes[name] ?? []).slice(-2) as [number, number]
    return { height, width }
  }
  const [rawSize, mapSize] = [sizeOfMap('raw'), sizeOfMap('map')]
  const bytes = 4 * indices.length * (rawSize.height * rawSize.width + mapSize.height * mapSize.width)
  if (bytes > maxBytes) {
    throw new GradcamError(
      'bad-option',
      `${indices.length} maps of ${mapSize.width}×${mapSize.height} would take ${(bytes / 2 ** 30).toFixed(1)} GB`,
      {
        hint: 'explain fewer classes, or leave the maps at the size of the features: upsample none',
      },
    )
  }
  const maps: { raw: Grid; map: Grid }[] = []
  await forward.each(
    indices.length,
    (from, count) => ({ index: Float32Array.from(indices.slice(from, from + count)) }),
    ({ raw = none, map = none }, _, count) => {
      for (let i = 0; i < count; i++)
        maps.push({ raw: { ...rawSize, data: part(raw, i, count) }, map: { ...mapSize, data: part(map, i, count) } })
    },
  )
  return maps
}

const none = new Float32Array()

// a thousand small buffers cost more than they hold: maps of fewer values share that of their batch
const ownBuffer = 4096

function part(values: Float32Array, i: number, count: number): Float32Array {
  const size = values.length / count
  return size < ownBuffer ? values.subarray(i * size, (i + 1) * size) : values.slice(i * size, (i + 1) * size)
}

/** A map that is the same for all classes, [1, h, w], as one for each. */
const forEachItem = ({ g, batch }: GraphContext, raw: Value): Value => g.expand(raw, [batch, ...raw.shape.slice(1)])

/** The classes as a batch: from one image's features where that is possible, else from as many copies. */
async function classForward(context: RunContext, method: GraphMethod, outputs: ForwardSpec['outputs']): Promise<Forward> {
  const feeds = { index: { shape: [], each: true } }
  const objective: ForwardSpec['objective'] = (fed) => fedClassObjective(context.layers.reduction.name, fed('index'))
  if (method.family !== 'cam') {
    const image: ForwardSpec['image'] = (g, x, fed) => g.expand(x, [fed('index').shape[0] as Dim, ...x.shape.slice(1)])
    return context.forward({ key: 'classes from images', feeds, objective, image, outputs })
  }
  try {
    return await context.forward({ key: 'classes from one', feeds, objective, shared: true, outputs })
  } catch (cause) {
    if (!(cause instanceof BatchDependent)) throw cause
    const features: ForwardSpec['features'] = (g, fed) =>
      g.expand(g.floats([1], [1, 1, 1, 1], 'float32'), [fed('index').shape[0] as Dim, 1, 1, 1])
    return context.forward({ key: 'classes from features', feeds, objective, features, outputs })
  }
}
