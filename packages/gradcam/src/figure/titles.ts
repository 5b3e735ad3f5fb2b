/** @file What is written above a figure, and into its file. */
import { oneLine } from '../core/text.ts'
import type { ExplanationData } from '../explain/explanation.ts'
import { methods } from '../method/method.ts'
import type { Lettering } from './layout.ts'
import { scoreText, shortLabel } from './words.ts'

/** What stands above a figure: what was explained; where that is the same everywhere, by which method. */
export function lettering(why: ExplanationData, all: readonly ExplanationData[]): Lettering {
  const [label, score] = [shortLabel(why.label), scoreText(why)]
  const compared = all.some(({ method }) => method !== why.method) && all.every((other) => other.label === why.label)
  // other methods look at the image itself
  const layer = methods.some(({ name, family }) => name === why.method && family === 'cam') ? ` · ${why.featureLayer}` : ''
  const doubt = isPreparationAssumed(why) ? ' · preprocessing assumed' : ''
  if (compared) return { title: why.method, subtitle: `${label} ${score}${layer}${doubt}` }
  return { title: label, score, subtitle: `${why.method}${layer}${doubt}` }
}

/** Whether nothing says what values the network wants of pixels. */
const isPreparationAssumed = ({ warnings }: ExplanationData): boolean => warnings.some(({ code }) => code === 'preprocessing-assumed')

/** Text that a PNG file carries: keywords and values. */
export function textChunks(explanations: readonly ExplanationData[]): Record<string, string> {
  const [first] = explanations
  if (!first) return {}
  const { model, reductionLayer, settings, versions, preprocessing, knownFrom } = first.provenance
  return {
    Software: `gradcam ${versions['gradcam'] ?? ''}`.trim(),
    Title: explanations.map((why) => `${oneLine(why.label)} ${scoreText(why)}`).join('; '),
    'gradcam:model': oneLine(model),
    'gradcam:method': [...new Set(explanations.map(({ method }) => method))].join(', '),
    'gradcam:feature-layer': first.featureLayer,
    'gradcam:reduction-layer': reductionLayer.name,
    'gradcam:settings': JSON.stringify(settings),
    ...(preprocessing ? { 'gradcam:preprocessing': JSON.stringify(preprocessing) } : {}),
    'gradcam:known-from': JSON.stringify(knownFrom),
    'gradcam:versions': JSON.stringify(versions),
  }
}
