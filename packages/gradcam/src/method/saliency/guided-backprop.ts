/** @file Guided backpropagation: the gradient, of which every rectifier hands on only what is positive. */
import { guidedBackprop as rules } from '../../gradient/tables.ts'
import type { Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { overChannels, throughChannels } from './channels.ts'
import { withoutRectifiers } from '../checks.ts'

/** What reaches the image, [N, C, H, W]. */
export const guidedGradient = ({ imageGradient }: GraphContext): Value => imageGradient({ rules })

/** At a rectifier dx = J·max(dy, 0) (Springenberg et al. 2015, arXiv:1412.6806, section 3.4). */
export const guidedBackprop = defineMethod({
  name: 'guided-backprop',
  title: 'Guided backpropagation',
  family: 'saliency',
  source: 'Springenberg et al. 2015, arXiv:1412.6806',
  options: { channels: overChannels('max') },
  warn: withoutRectifiers,
  map: (context, { channels }) => throughChannels(context.g, guidedGradient(context), channels),
})
