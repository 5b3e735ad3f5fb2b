/** @file What an explanation holds, what it looks like as JSON, and what a person should be warned of. */
import type { Warning } from './errors.ts'
import type { FeatureChoice, LayerChoice } from './graph/layers.ts'
import type { PostProcessing } from './method/post.ts'
import type { Preprocessing } from './model/preprocessing.ts'
import { boxOf } from './picture/painting.ts'
import type { Grid, Pixels, Region } from './picture/pixels.ts'

export interface Prediction {
  /** Class, counted from 0. */
  index: number
  label: string
  score: number
}

/**
 * What a score is: a probability that the model computes, one that is implied by its labels, the bare output, or the value of a
 * target that is no class.
 */
export type ScoreKind = 'probability' | 'implied-probability' | 'logit' | 'value'

/** The versions of a picture whose maps were averaged. */
export interface Smoothing {
  /** `flip`: with the mirror image; `flip+scale`: these 0.9, 1 and 1.1 times. */
  augment: 'none' | 'flip' | 'flip+scale'
  /** Noisy versions of each. */
  noise: number
  /** Standard deviation of the noise, as a part of the range of the picture's values. */
  noiseLevel: number
}

/** Where an explanation comes from: enough to make it again. */
export interface Provenance {
  model: string
  method: string
  /** Settings of the method itself. */
  options: Readonly<Record<string, number | string | boolean>>
  /** The deepest of several. */
  featureLayer: FeatureChoice
  /** All of several, the deepest last, and how their maps became one. */
  featureLayers?: readonly string[]
  fusion?: string
  reductionLayer: LayerChoice
  /** Shape of the feature map, free dimensions by name. */
  featureShape: readonly (number | string)[]
  settings: PostProcessing
  /** Where maps of several versions of the picture were averaged. */
  smoothing?: Smoothing
  versions: Readonly<Record<string, string>>
}

/** One target explained. */
export interface ExplanationData {
  /** Class, counted from 0; undefined for targets that are no single class. */
  index: number | undefined
  /** The class, or what else was explained. */
  label: string
  score: number
  scoreKind: ScoreKind
  /** Value of the reduction layer: what was differentiated. */
  logit: number
  /** The finished map, of the size of the network's input unless upsampling is off. Range 0 … 1 for `minmax`. */
  map: Grid
  /** The map at the size of the feature layer, before activation, upsampling and normalisation. */
  raw: Grid
  method: string
  featureLayer: string
  reductionLayer: string
  /** The network's own best answers, best first. */
  top: readonly Prediction[]
  /** What the method tells besides its map; JSON-able. */
  details: Readonly<Record<string, unknown>> | undefined
  /** The part of the photo that the network saw, in photo pixels; undefined for tensors. */
  region: Region | undefined
  photo: Pixels | undefined
  provenance: Provenance
  warnings: readonly Warning[]
  /** Milliseconds. */
  timings: Readonly<Record<string, number>>
}

/** The JSON form; documented in docs/json.md. `schema` changes when a field changes its meaning. */
export interface ExplanationJson {
  schema: 'gradcam/explanation/1'
  label: string
  index: number | undefined
  score: number
  scoreKind: ScoreKind
  logit: number
  top: readonly Prediction[]
  method: string
  options: Readonly<Record<string, number | string | boolean>>
  details: Readonly<Record<string, unknown>> | undefined
  /** The deepest of several. */
  featureLayer: { name: string; operator: string; shape: readonly (number | string)[]; why: string }
  /** All of several, the deepest last, and how their maps became one. */
  featureLayers?: readonly string[]
  fusion?: string
  reductionLayer: { name: string; operator: string; shape: readonly (number | string)[]; why: string }
  settings: PostProcessing
  smoothing: Smoothing | undefined
  map: { width: number; height: number; min: number; max: number; mean: number; peak: { x: number; y: number } }
  raw: { width: number; height: number; data: number[] }
  box: Region | undefined
  photo: { width: number; height: number } | undefined
  region: Region | undefined
  model: string
  versions: Readonly<Record<string, string>>
  warnings: readonly Warning[]
  timings: Readonly<Record<string, number>>
}

export function explanationJson(why: ExplanationData): ExplanationJson {
  const { featureLayer, featureLayers, fusion, reductionLayer, settings, smoothing, model, versions } = why.provenance
  const layer = ({ name, operator, shape, why: reason }: LayerChoice) => ({ name, operator, shape, why: reason })
  return {
    schema: 'gradcam/explanation/1',
    label: why.label,
    index: why.index,
    score: why.score,
    scoreKind: why.scoreKind,
    logit: why.logit,
    top: why.top,
    method: why.method,
    options: why.provenance.options,
    details: why.details,
    featureLayer: layer(featureLayer),
    ...(featureLayers ? { featureLayers } : {}),
    ...(fusion ? { fusion } : {}),
    reductionLayer: layer(reductionLayer),
    settings,
    smoothing,
    map: summary(why.map),
    raw: { width: why.raw.width, height: why.raw.height, data: Array.from(why.raw.data) },
    box: boxOf(why),
    photo: why.photo && { width: why.photo.width, height: why.photo.height },
    region: why.region,
    model,
    versions,
    warnings: why.warnings,
    timings: why.timings,
  }
}

function summary({ width, height, data }: Grid): ExplanationJson['map'] {
  let [min, max, total, peak] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    total += value
    if (value < min) min = value
    if (value > max) {
      max = value
      peak = i
    }
  }
  return { width, height, min, max, mean: total / data.length, peak: { x: peak % width, y: Math.floor(peak / width) } }
}

/** A warning where the labels belong to something else than the outputs. */
export function diagnoseLabels(labels: number, classes: number): Warning[] {
  // two labels may share one logit
  if (labels === 0 || labels === classes || (labels === 2 && classes === 1)) return []
  return [
    {
      code: 'labels-mismatch',
      message: `config.json has ${labels} labels, the reduction layer has ${classes} channels: classes are shown by index`,
      hint: 'name another --reduction-layer, or correct id2label',
    },
  ]
}

/** A warning where the score is no number. */
export const diagnoseScore = (score: number): Warning[] =>
  Number.isFinite(score)
    ? []
    : [
        {
          code: 'score-not-finite',
          message: `the score is ${score}: there is nothing to explain`,
          hint: 'check the input and its preprocessing; an expression may divide by zero or take the logarithm of it',
        },
      ]

/** A warning where a class has a score at every place of a map, and the sum of them is explained. */
export function diagnosePlaces({ name, shape }: LayerChoice, label: string): Warning[] {
  const places = shape.slice(2)
  if (places.every((dim) => dim === 1)) return []
  return [
    {
      code: 'score-of-places',
      message: `${name} has a score at each of ${places.join('×')} places: what is explained is their sum for ${label}`,
      hint: 'explain a region (--target "region:CLASS"), a box ("box:CLASS") or one value ("value:NAME[…]"); see docs/targets.md',
    },
  ]
}

/** A warning where the choice of the feature layer is a guess. */
export function diagnoseLayer({ name, certain, runnersUp }: FeatureChoice): Warning[] {
  if (certain) return []
  const others = runnersUp.slice(0, 3).map((other) => other.name)
  return [
    {
      code: 'layer-uncertain',
      message: `the feature layer ${name} was guessed: the score also depends on the picture past it`,
      hint: others.length > 0 ? `compare with --feature-layer ${others.join(' or ')}` : 'name another one with --feature-layer',
    },
  ]
}

/** A warning where a preprocessed tensor holds values that the network's own preprocessing would never make. */
export function diagnoseInput(values: Float32Array, spec: Preprocessing | undefined): Warning[] {
  if (!spec) return []
  const ends = [0, 255].flatMap((level) =>
    (spec.mean.length > 0 ? spec.mean : [0]).map((mean, c) => (level * spec.scale - mean) / (spec.std[c] ?? spec.std[0] ?? 1)),
  )
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const [min, max] = extremes(values)
  const slack = 0.1 * (high - low)
  // values in a fiftieth of the range are pixels divided by 255 once too often
  if (min >= low - slack && max <= high + slack && max - min > 0.02 * (high - low)) return []
  const shown = (value: number): string => value.toPrecision(3)
  return [
    {
      code: 'input-range',
      message: `the tensor's values lie in ${shown(min)} … ${shown(max)}, pictures for this network in ${shown(low)} … ${shown(high)}`,
      hint: 'preprocess the tensor as preprocessor_config.json says: scale, mean, standard deviation',
    },
  ]
}

function extremes(values: Float32Array): [number, number] {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return [min, max]
}

/** Warnings about a raw map: nothing in it, nothing left of it, or no numbers at all. */
export function diagnoseMap(raw: Float32Array, settings: PostProcessing): Warning[] {
  let [min, max, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true]
  for (let i = 0; i < raw.length; i++) {
    const value = raw[i] as number
    if (!Number.isFinite(value)) finite = false
    if (value < min) min = value
    if (value > max) max = value
  }
  if (!finite) {
    return [
      {
        code: 'map-not-finite',
        message: 'the map holds NaN or infinity',
        hint: 'check the input and its preprocessing; float16 models may overflow',
      },
    ]
  }
  if (min === 0 && max === 0) {
    return [
      {
        code: 'map-zero',
        message: 'the map is zero everywhere: the gradient does not reach the feature layer',
        hint: 'choose a later feature layer, or another reduction layer',
      },
    ]
  }
  if (max <= 0 && settings.activation === 'relu') {
    return [
      {
        code: 'map-negative',
        message: 'no place speaks for this class: the map has only negative evidence, which relu removes',
        hint: 'explain another class, or keep negative evidence with --activation none or abs',
      },
    ]
  }
  if (min === max) {
    return [{ code: 'map-constant', message: 'the map is the same everywhere', hint: 'choose an earlier feature layer, with more places' }]
  }
  return []
}

/** A warning where the softmax that is differentiated has nothing left to say. */
export function diagnoseSaturation(kind: string | undefined, score: number): Warning[] {
  if (kind !== 'Softmax' || score < 0.999) return []
  return [
    {
      code: 'softmax-saturated',
      message: `the softmax is saturated (${score.toFixed(4)}): its gradient vanishes and the map may be noise`,
      hint: 'leave --reduction-layer out, so that the logits are differentiated',
    },
  ]
}
