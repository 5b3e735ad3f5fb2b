/** @file Smoother maps of any method: explain an image in several versions, bring the raw maps back, take their mean. */
import { listenForCancelling } from '../core/cancellation.ts'
import { item, items } from '../core/batch.ts'
import { GradcamError } from '../core/errors.ts'
import type { ExplanationData, Smoothing } from './explanation.ts'
import { finish } from './many-runs.ts'
import type { Method } from '../method/definition.ts'
import { normalizeSorted, type PostProcessing } from '../method/post.ts'
import { extremes } from '../core/numbers.ts'
import type { Grid } from '../core/pixels.ts'
import { type Random, randomOf } from '../core/random.ts'
import { partOf, noProgress } from '../core/progress.ts'
import { filled, typed } from './inputs.ts'
import { augmentations, type ExplainOptions, oneOf, type PreparedImage, postOf, seedOf } from './request.ts'
import { diagnoseMap } from './diagnose.ts'
import type { TargetGroup } from '../objective/group.ts'
import { castFloat32, sizeOf, type Tensor, toFloat32 } from '../core/tensor.ts'
import { prepare, type Ready, type Workshop } from './workshop.ts'

/** Explains a batch that is ready by one method: per image, per target. */
export type Explainer = (ready: Ready, method: Method) => Promise<ExplanationData[][]>

const maxSamples = 10_000

/** What is asked for, checked; undefined where nothing is. */
export function smoothingOf({ augment = 'none', noise = 0, noiseLevel = 0.15 }: ExplainOptions): Smoothing | undefined {
  oneOf('augment', augment, augmentations)
  const bad = (name: string, value: number, hint: string): GradcamError =>
    new GradcamError('bad-option', `${name} is ${value}`, { hint: `${name} is ${hint}` })
  if (!Number.isInteger(noise) || noise < 0 || noise > maxSamples) throw bad('noise', noise, `a whole number from 0 to ${maxSamples}`)
  if (!(noiseLevel >= 0 && noiseLevel <= 10)) throw bad('noiseLevel', noiseLevel, 'a number from 0 to 10')
  return augment === 'none' && noise === 0 ? undefined : { augment, noise, noiseLevel }
}

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

/**
 * Maps are averaged raw, before activation and scaling; scores, answers and details are those of the image as it is,
 * and so are the classes that `top-K` chooses.
 */
export async function explainSmoothed(
  work: Workshop,
  given: PreparedImage,
  options: ExplainOptions,
  method: Method,
  smoothing: Smoothing,
  explain: Explainer,
): Promise<ExplanationData[][]> {
  const { augment: _, noise: __, noiseLevel: ___, progress = noProgress, ...others } = options
  const versions = versionsOf(smoothing)
  // the image as it is comes first, whether it is one of the versions or not
  const rounds = versions.length + (versions.some(isAsItIs) ? 0 : 1)
  // the raw map of several layers is what their finished maps come to: they are finished one by one, before
  const fused = method.family === 'cam' && typeof options.featureLayer === 'object' && options.featureLayer.length > 1
  const inner = (round: number): ExplainOptions => ({
    ...(fused ? others : { ...others, activation: 'none', upsample: 'none', normalize: 'none' }),
    progress: partOf(progress, round, rounds),
  })
  const ready = await prepare(work, given, inner(0))
  refusePlaces(ready, smoothing)
  const images = given.tensor.dims[0] ?? 1
  if (images > 1 && ready.groups.some(({ kind }) => kind === 'top')) {
    // every image has best classes of its own
    const rows: ExplanationData[][] = []
    for (let n = 0; n < images; n++) {
      const inputs = items(options.inputs ?? {}, n, images)
      const alone = { ...given, tensor: item(given.tensor, n, images) }
      rows.push(
        ...(await explainSmoothed(work, alone, { ...options, inputs, progress: partOf(progress, n, images) }, method, smoothing, explain)),
      )
    }
    return rows
  }
  const begun = performance.now()
  const clean = await explain(ready, method)
  const sums = clean.map((row) => row.map(({ raw }) => new Float64Array(raw.data.length)))
  let round = 1
  progress(round, rounds)
  for (const version of versions) {
    await listenForCancelling(options.signal)
    const results = isAsItIs(version)
      ? clean
      : await explain(versionOf(work, { ...ready, options: inner(round) }, clean, version, smoothing.noiseLevel), method)
    for (const [n, row] of results.entries())
      for (const [t, { raw }] of row.entries()) addMap(sums[n]?.[t] as Float64Array, raw, version.flipped)
    if (!isAsItIs(version)) progress(++round, rounds)
  }
  const run = performance.now() - begun
  return Promise.all(
    clean.map((row, n) =>
      Promise.all(
        row.map(async (why, t) => {
          const post = postOf(method, allOf(ready.groups, t) ? { ...options, upsample: options.upsample ?? 'none' } : options)
          const raw: Grid = { ...why.raw, data: Float32Array.from(sums[n]?.[t] as Float64Array, (sum) => sum / versions.length) }
          const steps: PostProcessing = fused ? { activation: 'none', upsample: 'none', normalize: post.normalize } : post
          const { map } = await finish(work, [raw], ready.size, steps, 'mean')
          normalizeSorted(map.data, post.normalize)
          const warnings = [...why.warnings.filter(({ code }) => !code.startsWith('map-')), ...diagnoseMap(raw.data, post)]
          const timings = { ...why.timings, run }
          return { ...why, raw, map, warnings, timings, provenance: { ...why.provenance, settings: post, smoothing } }
        }),
      ),
    ),
  )
}

const isAsItIs = ({ flipped, factor, sample }: Version): boolean => !flipped && factor === 1 && sample === undefined

/** The batch in one version, ready for the targets of the batch as it is: they are not looked for again. */
function versionOf(
  { image }: Workshop,
  ready: Ready,
  clean: readonly (readonly ExplanationData[])[],
  version: Version,
  noiseLevel: number,
): Ready {
  const given = { ...ready.given, tensor: changed(ready.given.tensor, version, image.layout, seedOf(ready.options.seed), noiseLevel) }
  const tensor = filled(given.tensor, image)
  const feeds = { ...ready.feeds, [image.name]: typed(tensor, image.type) }
  return { ...ready, given, tensor, feeds, groups: fixedGroups(ready.groups, clean[0] ?? []) }
}

/** A mirror image has the places of a region or of a box elsewhere. */
function refusePlaces({ groups, info }: Ready, { augment }: Smoothing): void {
  if (augment === 'none') return
  for (const group of groups) {
    const placed =
      group.kind === 'objectives'
        ? group.objectives[0]?.find(({ reads }) => reads.some((name) => info.value(name).shape.length > 2))
        : undefined
    if (!placed) continue
    throw new GradcamError('bad-option', `${placed.label}: a mirror image has the places of this target elsewhere`, {
      hint: 'average over --noise instead, or leave --augment out',
    })
  }
}

/** `top-K` becomes the classes that it chose. */
function fixedGroups(groups: readonly TargetGroup[], chosen: readonly ExplanationData[]): TargetGroup[] {
  let from = 0
  return groups.map((group) => {
    const mine = chosen.slice(from, from + group.count)
    from += group.count
    return group.kind === 'top' ? { kind: 'given', count: group.count, indices: mine.map(({ index = 0 }) => index) } : group
  })
}

/** Whether the t-th target came from `all`. */
function allOf(groups: readonly TargetGroup[], t: number): boolean {
  let from = 0
  for (const group of groups) {
    if (t < from + group.count) return group.kind === 'given' && group.all === true
    from += group.count
  }
  return false
}

/** x → flip(factor · x) + noise, with σ as a part of the range of each image's values. */
function changed(tensor: Tensor, { flipped, factor, sample }: Version, layout: 'nchw' | 'nhwc', seed: number, noiseLevel: number): Tensor {
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
    const { normal } = random()
    const [low, high] = extremes(values.subarray(start, start + size))
    for (let i = start; i < start + size; i++) result[i] = (result[i] as number) + level * (high - low) * normal()
  }
}

function addMap(sum: Float64Array, { width, data }: Grid, flipped: boolean): void {
  for (let row = 0; row < data.length; row += width)
    for (let x = 0; x < width; x++) sum[row + x] = (sum[row + x] as number) + (data[row + (flipped ? width - 1 - x : x)] as number)
}
