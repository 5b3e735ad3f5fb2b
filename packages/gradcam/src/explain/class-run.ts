/** @file Many classes of one image by a method that is nodes: one forward pass, then the classes as a batch. */
import { badOption } from '../core/errors.ts'
import type { Grid, Size } from '../core/pixels.ts'
import { partOf } from '../core/progress.ts'
import type { Dim, Value } from '../graph/graph.ts'
import type { GraphMethod } from '../method/definition.ts'
import { type PostProcessing, postProcess } from '../method/post.ts'
import { fedClassObjective } from '../objective/kinds/class.ts'
import type { Forward } from '../run/forward.ts'
import type { ForwardSpec } from '../run/forward-model.ts'
import type { GraphContext } from '../run/graph-context.ts'
import type { RunContext } from '../run/run-context.ts'
import { BatchDependent } from '../run/shared-features.ts'
import { type Answer, bestClassesOf, outputOf } from './answers.ts'
import type { MapResult } from './map-result.ts'
import type { ObjectiveGroup } from './groups.ts'
import { answersWith, type PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import { withRunContext } from './run-context.ts'
import type { ExplainerState } from './state.ts'

// all maps of an image together, finished and raw
const maxBytes = 2 ** 30

type GraphMethodRequest = MethodRequest & { method: GraphMethod }

/** By image, then by target. */
export async function runManyClasses(
  state: ExplainerState,
  batch: PreparedBatch,
  { post: asked, ...wanted }: GraphMethodRequest,
  { objectives, layers, explained }: ObjectiveGroup,
): Promise<MapResult[][]> {
  const { request, info, size, images } = batch
  if (layers.features.length > 1) {
    throw badOption('maps of all classes are made at one feature layer', 'name one `featureLayer`, or the targets that you want')
  }
  const { name: feature } = layers.feature
  const { answers, run } = await answersWith(state, batch, request.layers, [feature])
  const results: MapResult[][] = []
  const prepare = performance.now() - batch.started
  for (let n = 0; n < images; n++) {
    const begun = performance.now()
    const own = objectives[n] ?? []
    const answer = answers[n] as Answer
    const best = bestClassesOf(answer.shown, own.filter(({ chosen }) => chosen).length && answer.shown.length)
    const indices = own.map(({ index, chosen }) => index ?? (best[chosen?.rank ?? 0] as number))
    const post = allClassesPost(asked, wanted.upsampled, own[0]?.ofAll)
    const [first] = own as readonly [(typeof own)[number]]
    const place = { n, objective: first, layers, features: outputOf(run, feature), impliedSoftmax: false }
    const made = await withRunContext(
      state,
      batch,
      wanted,
      { ...place, progress: partOf(request.progress, n, images), key: [post] },
      (context) => mapsOf(context, { ...wanted, post }, size, indices),
    )
    const timings = { prepare, run: performance.now() - begun }
    const featureShape = info.value(feature).shape
    results.push(
      own.map((objective, t) => {
        const { raw, map } = made[t] as { raw: Grid; map: Grid }
        const { warnings = [] } = objective
        const index = indices[t] as number
        return {
          objective,
          index,
          score: undefined,
          answer,
          layers,
          explained,
          featureShape,
          raw,
          map,
          details: undefined,
          warnings,
          timings,
        }
      }),
    )
  }
  return results
}

/** Maps of all classes stay at feature size unless upsampling is asked for. */
export const allClassesPost = (post: PostProcessing, upsampled: boolean, all: true | undefined): PostProcessing =>
  all && !upsampled ? { ...post, upsample: 'none' } : post

/** Raw and finished map of each class. */
async function mapsOf(
  context: RunContext,
  { method, values, post }: GraphMethodRequest,
  size: Size,
  indices: readonly number[],
): Promise<{ raw: Grid; map: Grid }[]> {
  const forward = await classForward(context, method, (inner) => {
    const raw = forEachItem(inner, method.map(inner, values))
    return { raw, map: postProcess(inner.g, raw, size, post) }
  })
  const sizeOfMap = (name: string): Size => {
    const [height, width] = (forward.outputs[name]?.shape ?? []).slice(-2) as [number, number]
    return { height, width }
  }
  const [rawSize, mapSize] = [sizeOfMap('raw'), sizeOfMap('map')]
  const bytes = 4 * indices.length * (rawSize.height * rawSize.width + mapSize.height * mapSize.width)
  if (bytes > maxBytes) {
    const what = `${indices.length} maps of ${mapSize.width}×${mapSize.height} would take ${(bytes / 2 ** 30).toFixed(1)} GB`
    throw badOption(what, "explain fewer classes, or leave the maps at feature size: `upsample: 'none'`")
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
  const objective: ForwardSpec['objective'] = (fed) => fedClassObjective(context.layers.reduction, fed('index'))
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
