/** @file The pixel gradients. */
import type { Method } from '../definition.ts'
import { deconvnet } from './deconvnet.ts'
import { deepLift } from './deeplift.ts'
import { fullGrad } from './full-grad.ts'
import { gradientShap } from './gradient-shap.ts'
import { guidedBackprop } from './guided-backprop.ts'
import { guidedGradCam } from './guided-grad-cam.ts'
import { inputXGradient } from './input-x-gradient.ts'
import { integratedGradients } from './integrated-gradients.ts'
import { lrp } from './lrp.ts'
import { saliency } from './saliency.ts'
import { smoothGrad } from './smooth-grad.ts'
import { squareGrad } from './square-grad.ts'
import { varGrad } from './var-grad.ts'

export const saliencyMethods: readonly Method[] = [
  ...[saliency, inputXGradient, integratedGradients, smoothGrad, squareGrad, varGrad],
  ...[guidedBackprop, guidedGradCam, deconvnet, lrp, deepLift, gradientShap, fullGrad],
]
