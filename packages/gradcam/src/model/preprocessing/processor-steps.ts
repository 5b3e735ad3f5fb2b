/** @file Resizing, cropping and padding of an image processor, in the order of its class. */
import type { Step } from '../preprocessing.ts'
import type { Configuration } from './configuration.ts'
import { has } from './fields.ts'
import { cropping, filterOf, padding, padsOf, resizing, thenUsual, widened } from './processor-pieces.ts'
import { rectangleOf, sizeOf } from './processor-sizes.ts'
import type { Rule } from './processors.ts'
import { convnext, fractional, glpn, levit, perceiver, plain, poolformer, swin2sr, textnet, tvp, vilt, vitmatte } from './rules-classic.ts'
import {
  clippedNeighbours,
  dpt,
  eomt,
  fractionalNeighbours,
  maskformer,
  neighbours,
  owlv2,
  proportional,
  sapiens2,
  yolos,
  zoedepth,
} from './rules-dense.ts'
import { aria, deepseek, deepseekHybrid, donut, idefics2, llava, pixtral } from './rules-language.ts'
import { ppLcnet, ppOcrDetection, ppOcrRecognition, ppOcrRecognition6, slanext, uvdoc } from './rules-paddle.ts'

const rules: Readonly<Record<Rule, (configuration: Configuration) => Step[]>> = {
  aria,
  bgr: plain,
  'clipped-neighbours': clippedNeighbours,
  convnext,
  deepseek,
  'deepseek-hybrid': deepseekHybrid,
  donut,
  dpt,
  efficientnet: plain,
  eomt,
  fractional,
  'fractional-neighbours': fractionalNeighbours,
  glpn,
  grey: plain,
  idefics2,
  levit,
  llava,
  maskformer,
  neighbours,
  owlv2,
  perceiver,
  pixtral,
  plain,
  poolformer,
  'pp-lcnet': ppLcnet,
  'pp-ocr-det': ppOcrDetection,
  'pp-ocr-rec': ppOcrRecognition,
  'pp-ocr-rec6': ppOcrRecognition6,
  sam: plain,
  sapiens2,
  slanext,
  swin2sr,
  textnet,
  tvp,
  uvdoc,
  vilt,
  vitmatte,
  yolos,
  zoedepth,
}

/** The steps, at least one: what does not resize, crop or pad takes the network's input size. */
export function stepsOf(configuration: Configuration): readonly Step[] {
  const steps = configuration.processor ? rules[configuration.rule](configuration) : literal(configuration)
  return steps.length > 0 ? steps : [{ kind: 'resize', to: 'input', filter: filterOf(configuration) }]
}

/** A class that is unknown: its fields as most classes read them. */
function literal(configuration: Configuration): Step[] {
  const { fields } = configuration
  const to = sizeOf(configuration)
  if (to && has(fields, 'crop_pct')) {
    const wide = resizing(configuration, widened(configuration, to))
    const crop = cropping(configuration)
    const own: Step[] = wide.length > 0 && crop.length === 0 ? [{ kind: 'crop', to: rectangleOf(configuration, to) }] : crop
    return [...wide, ...own, ...padding(configuration, padsOf(configuration))]
  }
  if (to && (has(fields, 'ensure_multiple_of') || fields['keep_aspect_ratio'] === true)) {
    const { to: target, more } = proportional(configuration)
    return thenUsual(configuration, resizing(configuration, target, more))
  }
  return plain(configuration)
}
