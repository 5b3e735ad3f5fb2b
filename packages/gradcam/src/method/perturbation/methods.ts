/** @file The methods that look at the network from outside: change the image, watch the score. */
import type { Method } from '../definition.ts'
import { dRise } from './d-rise.ts'
import { kernelShap } from './kernel-shap.ts'
import { lime } from './lime.ts'
import { occlusion } from './occlusion.ts'
import { rise } from './rise.ts'

export const perturbationMethods: readonly Method[] = [occlusion, lime, kernelShap, rise, dRise]
