/** @file The pixel gradients. */
import type { Method } from '../definition.ts'
import { deconvnet } from './deconvnet.ts'
import { guidedBackprop } from './guided-backprop.ts'
import { guidedGradCam } from './guided-grad-cam.ts'
import { inputXGradient } from './input-x-gradient.ts'
import { lrp } from './lrp.ts'
import { saliency } from './saliency.ts'

export const saliencyMethods: readonly Method[] = [saliency, inputXGradient, guidedBackprop, guidedGradCam, deconvnet, lrp]
