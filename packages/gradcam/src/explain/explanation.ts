/** @file What an explanation holds, and what it looks like as JSON. */
import type { Warning } from '../core/errors.ts'
import type { FeatureChoice, LayerChoice } from '../graph/layers.ts'
import type { PostProcessing } from '../method/post.ts'
import { boxOf } from '../image/component.ts'
import type { Prediction } from '../objective/objective.ts'
import type { Grid, Pixels, Region } from '../core/pixels.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { Digests, ReplayOptions } from './provenance.ts'

/**
 * What a score is: a probability that the model computes, one that is implied by its labels, the bare output, or the value of a
 * target that is no class.
 */
export type ScoreKind = 'probability' | 'implied-probability' | 'logit' | 'value'

/** The versions of an image whose maps were averaged. */
export interface Smoothing {
  /** `flip`: with the mirror image; `flip+scale`: these 0.9, 1 and 1.1 times. */
  augment: 'none' | 'flip' | 'flip+scale'
  /** Noisy versions of each. */
  noise: number
  /** Standard deviation of the noise, as a part of the range of the image's values. */
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
  /** Where maps of several versions of the image were averaged. */
  smoothing?: Smoothing
  versions: Readonly<Record<string, string>>
  /** Options that make the same map of the same inputs. */
  request: ReplayOptions
  /** How the photo was prepared; undefined for tensors. */
  preprocessing: Preprocessing | undefined
  digests: Digests
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
  /** Of a detector: the boxes that were explained, in pixels of the photo. Images frame them thinly. */
  marked: readonly Region[] | undefined
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
  /** Options that make the same map of the same inputs: `network.replay` takes them. */
  request: ReplayOptions
  preprocessing: Preprocessing | undefined
  digests: Digests
  warnings: readonly Warning[]
  timings: Readonly<Record<string, number>>
}

/** An explanation as plain data for `JSON.stringify`; docs/json.md describes the fields. */
export function explanationJson(why: ExplanationData): ExplanationJson {
  const { featureLayer, featureLayers, fusion, reductionLayer, settings, smoothing, model, versions, request, preprocessing, digests } =
    why.provenance
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
    ...{ model, versions, request, preprocessing, digests },
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
