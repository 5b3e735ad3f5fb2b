/** @file The class activation maps. */
import type { Method } from '../definition.ts'
import { ablationCam } from './ablation-cam.ts'
import { cam } from './cam.ts'
import { deepFeatureFactorization } from './deep-feature-factorization.ts'
import { eigenCam } from './eigen-cam.ts'
import { eigengradCam } from './eigengrad-cam.ts'
import { fem } from './fem.ts'
import { finerCam } from './finer-cam.ts'
import { gradCam } from './grad-cam.ts'
import { gradCamElementwise } from './grad-cam-elementwise.ts'
import { gradCamPlusPlus } from './grad-cam-plus-plus.ts'
import { hiresCam } from './hires-cam.ts'
import { kpcaCam } from './kpca-cam.ts'
import { layerCam } from './layer-cam.ts'
import { reciproCam } from './recipro-cam.ts'
import { scoreCam } from './score-cam.ts'
import { segEigenCam } from './seg-eigen-cam.ts'
import { shapleyCam } from './shapley-cam.ts'
import { smoothGradCamPlusPlus } from './smooth-grad-cam-plus-plus.ts'
import { xgradCam } from './xgrad-cam.ts'

export const camMethods: readonly Method[] = [
  gradCam,
  cam,
  gradCamPlusPlus,
  smoothGradCamPlusPlus,
  xgradCam,
  hiresCam,
  gradCamElementwise,
  layerCam,
  eigenCam,
  eigengradCam,
  segEigenCam,
  kpcaCam,
  finerCam,
  shapleyCam,
  fem,
  deepFeatureFactorization,
  scoreCam,
  ablationCam,
  reciproCam,
]
