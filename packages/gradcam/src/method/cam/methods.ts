/** @file The class activation maps. */
import type { Method } from '../definition.ts'
import { ablationCam } from './ablation-cam.ts'
import { gradCam } from './grad-cam.ts'

export const camMethods: readonly Method[] = [gradCam, ablationCam]
