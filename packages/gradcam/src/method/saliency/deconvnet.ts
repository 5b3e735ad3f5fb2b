/** @file The deconvolutional network: the network run backwards, rectifiers applied to what comes back. */
import { deconvnet as rules } from '../../gradient/tables.ts'
import { defineMethod } from '../definition.ts'
import { overChannels, throughChannels } from './channels.ts'
import { withoutRectifiers } from '../checks.ts'

/** At a rectifier dx = max(dy, 0), whatever x was (Zeiler and Fergus 2014, arXiv:1311.2901, section 2.1). */
export const deconvnet = defineMethod({
  name: 'deconvnet',
  title: 'Deconvolutional network',
  family: 'saliency',
  source: 'Zeiler and Fergus 2014, arXiv:1311.2901',
  options: { channels: overChannels('max') },
  warn: withoutRectifiers,
  map: ({ g, imageGradient }, { channels }) => throughChannels(g, imageGradient({ rules }), channels),
})
