/** @file Smoother maps of any method: run it on several versions of the image, bring the raw maps back, take their mean. */
import { listenForCancelling } from '../core/cancellation.ts'
import { badOption } from '../core/errors.ts'
import { inOrder } from '../core/in-order.ts'
import { extremes } from '../core/numbers.ts'
import type { Grid, ImageLayout } from '../core/pixels.ts'
import { partOf } from '../core/progress.ts'
import { type Random, randomOf } from '../core/random.ts'
import { castFloat32, sizeOf, type Tensor, toFloat32 } from '../core/tensor.ts'
import { isGraphMethod } from '../method/definition.ts'
import type { PostProcessing } from '../method/post.ts'
import { labelOf } from '../objective/class-scores.ts'
import { classObjective } from '../objective/kinds/class.ts'
import { allClassesPost } from './class-run.ts'
import type { Smoothing } from './provenance.ts'
import { finish } from './finish.ts'
import { filled, typed } from './inputs.ts'
import type { MapResult } from './map-result.ts'
import type { ObjectiveGroup } from './groups.ts'
import type { PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import type { ExplainerState } from './state.ts'

/** Runs one method on a batch: by image, then by target. */
export type RunMethodOn = (batch: PreparedBatch, wanted: MethodRequest) => Promise<MapResult[][]>

/** One version of an image. */
interface Version {
  flipped: boolean
  factor: number
  /** Number of its noise; undefined without. */
  sample: number | undefined
}

/** Mirrored or not × brighter or darker × noisy, as asked for. */
function versionsOf({ augment, noise }: Smoothing): Version[] {
  const samples = noise === 0 ? [undefined] : Array.from({ length: noise }, (_, sample) => sample)
  const factors = augment === 'flip+scale' ? [1, 0.9, 1.1] : [1]
  const flips = augment === 'none' ? [false] : [false, true]
  return samples.flatMap((sample) => factors.flatMap((factor) => flips.map((flipped) => ({ flipped, factor, sample }))))
}

const isUnchanged = ({ flipped, factor, sample }: Version): boolean => !flipped && factor === 1 && sample === undefined

// raw maps are averaged: before activation and scaling
const bare: PostProcessing = { activation: 'none', upsample: 'none', normalize: 'none' }

/** A method whose maps are averaged over versions of the image. Scores, answers, details and classes chosen are those of the image as it is. */
export const smoothed =
  (state: ExplainerState, smoothing: Smoothing, run: RunMethodOn): RunMethodOn =>
  async (batch, wanted) => {
    refusePlaces(batch, smoothing)
    const { request, size } = batch
    const versions = versionsOf(smoothing)
    // the image as it is comes first, whether it is one of the versions or not
    const rounds = versions.length + (versions.some(isUnchanged) ? 0 : 1)
    // the raw map of several layers is what their finished maps come to: they are finished one by one, before
    const fused = wanted.method.family === 'cam' && (batch.groups[0]?.layers.features.length ?? 1) > 1
    const inner = fused ? wanted : { ...wanted, post: bare, upsampled: true }
    const round = (n: number): PreparedBatch => ({
      ...{ ...batch, runs: rounds },
      request: { ...request, progress: partOf(request.progress, n, rounds) },
    })
    const begun = performance.now()
    const clean = await run(round(0), inner)
    const sums = clean.map((row) => row.map(({ raw }) => new Float64Array(raw.data.length)))
    const groups = withChosenClasses(batch.groups, clean)
    let done = 1
    request.progress(done, rounds)
    const resultOf = async (version: Version): Promise<MapResult[][]> =>
      isUnchanged(version) ? clean : run(versionOf(state, { ...round(done), groups }, version, smoothing.noiseLevel), inner)
    await inOrder({
      count: versions.length,
      // a procedure spreads its own runs
      atOnce: isGraphMethod(wanted.method) ? (state.runtime.sideBySide?.atOnce ?? 1) : 1,
      before: () => listenForCancelling(request.signal),
      begin: (n) => resultOf(versions[n] as Version),
      take(results, k) {
        const version = versions[k] as Version
        for (const [n, row] of results.entries())
          for (const [t, { raw }] of row.entries()) addMap(sums[n]?.[t] as Float64Array, raw, version.flipped)
        if (!isUnchanged(version)) request.progress(++done, rounds)
      },
    })
    const timings = { run: performance.now() - begun }
    const mean = async (result: MapResult, sum: Float64Array): Promise<MapResult> => {
      const raw: Grid = { ...result.raw, data: Float32Array.from(sum, (value) => value / versions.length) }
      const post = fused
        ? { ...bare, normalize: wanted.post.normalize }
        : allClassesPost(wanted.post, wanted.upsampled, result.objective.ofAll)
      const { map } = await finish(state, [raw], size, post, 'mean')
      return { ...result, raw, map, timings: { ...result.timings, ...timings } }
    }
    return Promise.all(clean.map((row, n) => Promise.all(row.map((result, t) => mean(result, sums[n]?.[t] as Float64Array)))))
  }

/** The batch in one version, with the objectives of the batch as it is: they are not looked for again. */
function versionOf({ image }: ExplainerState, batch: PreparedBatch, version: Version, noiseLevel: number): PreparedBatch {
  const { given, request, feeds } = batch
  const tensor = changed(given.tensor, version, image.layout, request.seed, noiseLevel)
  return { ...batch, given: { ...given, tensor }, feeds: { ...feeds, [image.name]: typed(filled(tensor, image), image.type) } }
}

/** A mirror image has the places of a region or of a box elsewhere. */
function refusePlaces({ groups, info }: PreparedBatch, { augment }: Smoothing): void {
  if (augment === 'none') return
  for (const { objectives } of groups) {
    const placed = objectives[0]?.find(
      ({ reads, index, chosen }) => index === undefined && !chosen && reads.some((name) => info.value(name).shape.length > 2),
    )
    if (!placed) continue
    throw badOption(
      `${placed.label}: a mirror image has the places of this target elsewhere`,
      'average over `noise` instead, or leave `augment` out',
    )
  }
}

/** `top-K` becomes the classes that it chose in each image. */
function withChosenClasses(groups: readonly ObjectiveGroup[], clean: readonly (readonly MapResult[])[]): ObjectiveGroup[] {
  let from = 0
  return groups.map((group) => {
    const start = from
    from += group.objectives[0]?.length ?? 0
    const objectives = group.objectives.map((own, n) =>
      own.map((objective, t) => {
        // a fixed batch is filled with copies of one image
        const result = (clean[n] ?? clean[0])?.[start + t]
        if (!objective.chosen || result?.index === undefined) return objective
        return classObjective(group.layers.reduction, result.index, labelOf(result.answer.labels, result.index))
      }),
    )
    return { ...group, objectives }
  })
}

/** x → flip(factor · x) + noise, with σ as a part of the range of each image's values. */
function changed(tensor: Tensor, { flipped, factor, sample }: Version, layout: ImageLayout, seed: number, noiseLevel: number): Tensor {
  const { dims, type } = tensor
  const values = toFloat32(tensor)
  const result = new Float32Array(values.length)
  // rows of `width` pixels with `step` values each
  const [width, step] = layout === 'nchw' ? [dims[3] ?? 1, 1] : [dims[2] ?? 1, dims[3] ?? 1]
  for (let row = 0; row < values.length; row += width * step)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < step; c++)
        result[row + x * step + c] = factor * (values[row + (flipped ? width - 1 - x : x) * step + c] as number)
  if (sample !== undefined) addNoise(values, result, sizeOf(dims.slice(1)), noiseLevel, () => randomOf(seed, sample))
  return castFloat32(result, type, dims)
}

/** Every image of a batch gets the same noise, as it would alone. */
function addNoise(values: Float32Array, result: Float32Array, size: number, level: number, random: () => Random): void {
  for (let start = 0; start < values.length; start += size) {
    const [low, high] = extremes(values.subarray(start, start + size))
    const noise = random().normals(size, level * (high - low))
    for (let i = 0; i < size; i++) result[start + i] = (result[start + i] as number) + (noise[i] as number)
  }
}

function addMap(sum: Float64Array, { width, data }: Grid, flipped: boolean): void {
  for (let row = 0; row < data.length; row += width)
    for (let x = 0; x < width; x++) sum[row + x] = (sum[row + x] as number) + (data[row + (flipped ? width - 1 - x : x)] as number)
}
