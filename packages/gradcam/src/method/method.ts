/** @file The one table of methods. Tests, docs and the command's menu iterate it. */
import type { Builder } from '../graph/emit.ts'
import type { Value } from '../graph/graph.ts'
import { gradCam } from './cam/grad-cam.ts'

/** What a method is given: tensors of the graph that is being built. */
export interface MethodInput {
  g: Builder
  /** Feature map, [N, C, h, w]. */
  activations: Value
  /** ∂score/∂activations, broadcastable to that shape. */
  gradient: Value
}

export interface Method {
  name: string
  title: string
  source: string
  /** The map before activation and scaling, [N, h, w]. */
  map(input: MethodInput): Value
}

export const methods: readonly Method[] = [gradCam]
