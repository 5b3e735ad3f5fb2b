/** @file The methods that look at the network from outside: change the picture, watch the score. */
import type { Method } from '../definition.ts'
import { occlusion } from './occlusion.ts'

export const perturbationMethods: readonly Method[] = [occlusion]
