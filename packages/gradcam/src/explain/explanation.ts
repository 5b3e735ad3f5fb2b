/** @file What an explanation holds, and what it looks like as JSON. */
import type { Origin } from '../contract/fact.ts'
import type { Warning } from '../core/errors.ts'
import type { FeatureChoice, LayerChoice } from '../graph/layers.ts'
import type { PostProcessing } from '../method/post.ts'
import { boxOf } from '../image/component.ts'
import type { Prediction } from '../objective/objective.ts'
import type { Grid, Pixels, Region, Size } from '../core/pixels.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import type { Digests, ReplayOptions, Smoothing } from './provenance.ts'
import type { UsedDevice } from './used-device.ts'

/**
 * What a score is: a probability that the model computes, one that is implied by its labels, the bare output, or the value of a
 * target that is no class.
 */
export type ScoreKind = 'probability' | 'implied-probability' | 'logit' | 'value'

/** Where an explanation comes from: enough to make it again. */
export interface Provenance {
  model: string
  method: string
  /** Settings of the method itself. */
  options: Readonly<Record<string, number | string | boolean>>
  /** The deepest of several. */
  featureLayer: FeatureChoice
  /** All of several, the deepest last, and how their maps became one. */
  featureLayers?: readonly string[] | undefined
  fusion?: string | undefined
  reductionLayer: LayerChoice
  /** Shape of the feature map, free dimensions by name. */
  featureShape: readonly (number | string)[]
  settings: PostProcessing
  /** Where maps of several versions of the image were averaged. */
  smoothing?: Smoothing | undefined
  versions: Readonly<Record<string, string>>
  /** Where the network ran; `webgpu+cpu` where the device lacks some of its operators, or of those of its gradient. */
  device: UsedDevice
  /** Options that make the same map of the same inputs. */
  request: ReplayOptions
  /** How the photo was prepared; undefined for tensors. */
  preprocessing: Preprocessing | undefined
  /** Where what is known of the model comes from: `imageInput`, `labels`, `task`; of a photo also `steps`, `values` and `channelOrder`. */
  knownFrom: Readonly<Record<string, Origin>>
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

type Layer = Pick<LayerChoice, 'name' | 'operator' | 'shape' | 'why'>

/** The JSON form; documented in docs/json.md. `schema` changes when a field changes its meaning. */
export interface ExplanationJson
  extends Pick<
      ExplanationData,
      'label' | 'index' | 'score' | 'scoreKind' | 'logit' | 'top' | 'method' | 'details' | 'region' | 'warnings' | 'timings'
    >,
    Omit<Provenance, 'featureLayer' | 'reductionLayer' | 'featureShape'> {
  schema: 'gradcam/explanation/1'
  /** The deepest of several. */
  featureLayer: Layer
  reductionLayer: Layer
  map: Size & { min: number; max: number; mean: number; peak: { x: number; y: number } }
  raw: Size & { data: number[] }
  box: Region | undefined
  photo: Size | undefined
}

/** An explanation as plain data for `JSON.stringify`; docs/json.md describes the fields. */
export function explanationJson(why: ExplanationData): ExplanationJson {
  const { label, index, score, scoreKind, logit, top, method, details, region, warnings, timings, photo, raw, provenance } = why
  const { featureLayer, reductionLayer, featureShape: _, ...made } = provenance
  const layer = ({ name, operator, shape, why: reason }: LayerChoice): Layer => ({ name, operator, shape, why: reason })
  return {
    schema: 'gradcam/explanation/1',
    ...{ label, index, score, scoreKind, logit, top, method, details, region },
    ...{ ...made, featureLayer: layer(featureLayer), reductionLayer: layer(reductionLayer) },
    map: summary(why.map),
    raw: { width: raw.width, height: raw.height, data: Array.from(raw.data) },
    box: boxOf(why),
    photo: photo && { width: photo.width, height: photo.height },
    ...{ warnings, timings },
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
