/** @file The one table of methods. Tests, docs and the command's menu iterate it. */
import { gradCam } from './cam/grad-cam.ts'
import type { Method } from './definition.ts'

export type { Method, MethodInput } from './definition.ts'

export const methods: readonly Method[] = [gradCam]
