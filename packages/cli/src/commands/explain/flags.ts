/** @file The flags of `gradcam explain`, and what they mean to the library. */
import type { ExplainOptions, OverlayOptions, PaintOptions } from 'gradcam/node'
import { type ModelFlags, present } from '../../options.ts'

export interface ExplainFlags extends ModelFlags {
  target?: (string | number)[]
  /** A file of targets by photo. */
  targets?: string
  featureLayer?: string[]
  fusion?: ExplainOptions['fusion']
  preset?: ExplainOptions['preset']
  reductionLayer?: string
  /** Lists of names, one a flag. */
  method?: string[][]
  /** Names and values. */
  set?: (readonly [string, string])[]
  seed?: number
  augment?: ExplainOptions['augment']
  noise?: number
  activation?: ExplainOptions['activation']
  upsample?: ExplainOptions['upsample']
  normalize?: ExplainOptions['normalize']
  output?: string
  colormap?: string
  alpha?: number
  scale?: PaintOptions['scale']
  contours?: number[]
  box?: boolean
  title: boolean
  legend: boolean
  saveMap?: string
  saveMask?: string
  maskThreshold?: number
  report?: string
  json?: string | true
  quiet?: boolean
}

/** The methods asked for, each once. */
export const methodNames = ({ method }: Pick<ExplainFlags, 'method'>): string[] | undefined => method && [...new Set(method.flat())]

/** All but the targets. */
export function explainOptions(flags: ExplainFlags): ExplainOptions {
  const { featureLayer, fusion, preset, reductionLayer, seed, augment, noise, activation, upsample, normalize } = flags
  const layers = { featureLayer, fusion, reductionLayer }
  const post = { preset, activation, upsample, normalize }
  const options = flags.set && Object.fromEntries(flags.set)
  return present({ ...layers, method: methodNames(flags), options, seed, augment, noise, ...post })
}

export const paintOptions = ({ colormap, alpha, scale, contours, box }: ExplainFlags): PaintOptions =>
  present({ colormap, alpha, scale, contours, box })

export const overlayOptions = (flags: ExplainFlags): OverlayOptions => ({
  ...paintOptions(flags),
  title: flags.title,
  legend: flags.legend,
})
