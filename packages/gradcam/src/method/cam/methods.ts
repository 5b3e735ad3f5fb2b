/** @file The class activation maps. */
import type { Method } from '../definition.ts'
import { ablationCam } from './ablation-cam.ts'
import { gradCam } from './grad-cam.ts'
import { reciproCam } from './recipro-cam.ts'
import { scoreCam } from './score-cam.ts'

export const camMethods: readonly Method[] = [gradCam, ablationCam, scoreCam, reciproCam]
