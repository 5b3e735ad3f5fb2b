/** @file Saliency: how much the score would change with each pixel. */
import { defineMethod } from '../definition.ts'
import { overChannels, throughChannels } from './channels.ts'

/** M = max_c |∂y/∂x_c| (Simonyan et al. 2014, arXiv:1312.6034, section 3.1). */
export const saliency = defineMethod({
  name: 'saliency',
  title: 'Saliency',
  family: 'saliency',
  source: 'Simonyan et al. 2014, arXiv:1312.6034',
  options: { channels: overChannels('max') },
  map: ({ g, imageGradient }, { channels }) => throughChannels(g, imageGradient(), channels),
})
