/** @file Guided Grad-CAM: the detail of guided backpropagation where Grad-CAM says that it matters. */
import type { Dim, Value } from '../../graph/graph.ts'
import { defineMethod } from '../definition.ts'
import { gradCam } from '../cam/grad-cam.ts'
import type { Upsampling } from '../../image/interpolation.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { overChannels, throughChannels } from './channels.ts'
import { withoutRectifiers } from '../checks.ts'
import { guidedGradient } from './guided-backprop.ts'
import { upsampled } from '../post.ts'
import { choiceOption } from '../options.ts'

/** Guided gradient ⊙ ReLU(Grad-CAM) at the size of the image, [N, C, H, W]. */
export function guidedTimesCam(context: GraphContext, upsampling: Upsampling): Value {
  const { g, image } = context
  const [batch, , height, width] = image.shape as [Dim, Dim, number, number]
  const cam = upsampled(g, g.relu(gradCam.map(context, {})), { height, width }, upsampling)
  return g.mul(guidedGradient(context), g.reshape(cam, [batch, 1, height, width]))
}

/** Selvaraju et al. 2017, arXiv:1610.02391, section 3.2: bilinear upsampling, pointwise product. */
export const guidedGradCam = defineMethod({
  name: 'guided-grad-cam',
  title: 'Guided Grad-CAM',
  family: 'saliency',
  layer: true,
  source: 'Selvaraju et al. 2017, arXiv:1610.02391',
  cost: '1 + 2 backward, one of them to the feature layer only',
  options: {
    channels: overChannels('max'),
    upsampling: choiceOption('bilinear', ['bilinear', 'bicubic', 'nearest'], 'how the Grad-CAM factor gets the size of the image'),
  },
  warn: withoutRectifiers,
  map: (context, { channels, upsampling }) => throughChannels(context.g, guidedTimesCam(context, upsampling), channels),
})
