/** @file Input × gradient: what each pixel adds to the score, if the network were as linear as it is at this image. */
import type { Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { overChannels, throughChannels } from './channels.ts'

/** x ⊙ ∂y/∂x, [N, C, H, W]. */
export const inputTimesGradient = ({ g, image, imageGradient }: GraphContext): Value => g.mul(image, imageGradient())

/** M = Σ_c x_c · ∂y/∂x_c (Shrikumar et al. 2016, arXiv:1605.01713). */
export const inputXGradient = defineMethod({
  name: 'input-x-gradient',
  title: 'Input × gradient',
  family: 'saliency',
  signed: 'evidence',
  source: 'Shrikumar et al. 2016, arXiv:1605.01713',
  options: { channels: overChannels('sum') },
  map: (context, { channels }) => throughChannels(context.g, inputTimesGradient(context), channels),
})
