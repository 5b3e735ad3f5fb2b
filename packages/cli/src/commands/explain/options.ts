/** @file What the flags of `gradcam explain` mean to the library. */
import type { ExplainOptions, OverlayOptions, PaintOptions } from 'gradcam/node'
import type { ExplainFlags } from '../../flags/table.ts'
import { present } from '../../present.ts'

/** The methods asked for, each once. */
export const methodNames = ({ method }: Pick<ExplainFlags, 'method'>): string[] | undefined => method && [...new Set(method.flat())]

/** All but the targets. */
export function explainOptions(flags: ExplainFlags): ExplainOptions {
  const { featureLayer, fusion, preset, reductionLayer, seed, augment, noise, noiseLevel, activation, upsample, normalize } = flags
  const layers = { featureLayer, fusion, reductionLayer }
  const post = { preset, activation, upsample, normalize }
  const options = flags.set && Object.fromEntries(flags.set)
  return present({ ...layers, method: methodNames(flags), options, seed, augment, noise, noiseLevel, ...post })
}

export const paintOptions = ({ colormap, alpha, colorScale, contours, box, maxSize }: ExplainFlags): PaintOptions =>
  present({ colormap, alpha, colorScale, contours, box, maxSize })

export const overlayOptions = (flags: ExplainFlags): OverlayOptions => ({
  ...paintOptions(flags),
  ...present({ title: flags.title, legend: flags.legend }),
})
