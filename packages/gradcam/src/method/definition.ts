/** @file What a method is: a pure function from activations and gradient to a map. */
import type { Builder } from '../graph/emit.ts'
import type { Value } from '../graph/graph.ts'

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
