/** @file The deconvolutional network: the network run backwards, rectifiers applied to what comes back. */
import { deconvnet as rules } from '../../gradient/tables.ts'
import type { Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { overChannels, throughChannels } from './channels.ts'
import { withoutRectifiers } from '../checks.ts'

/** What reaches the image, [N, C, H, W]. */
export const deconvolved = ({ imageGradient }: GraphContext): Value => imageGradient({ rules })

/** At a rectifier dx = max(dy, 0), whatever x was (Zeiler and Fergus 2014, arXiv:1311.2901, section 2.1). */
export const deconvnet = defineMethod({
  name: 'deconvnet',
  title: 'Deconvolutional network',
  family: 'saliency',
  source: 'Zeiler and Fergus 2014, arXiv:1311.2901',
  options: { channels: overChannels('max') },
  warn: withoutRectifiers,
  map: (context, { channels }) => throughChannels(context.g, deconvolved(context), channels),
})
