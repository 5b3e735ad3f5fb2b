/** @file The pixel gradients. */
import type { Method } from '../definition.ts'
import { saliency } from './saliency.ts'

export const saliencyMethods: readonly Method[] = [saliency]
