/** @file A quantised tensor as floats: what dequantises it, else what was quantised. */
import { type Graph, isFloat, type Value } from './graph.ts'
import { traitsOf } from './operators.ts'
import type { TensorInfo } from './tensor-info.ts'

/** The float tensor that a tensor stands for; undefined where it is of integers alone. */
export function floatOf({ consumers, producers }: Graph, info: TensorInfo, value: Value): Value | undefined {
  if (isFloat(value.type)) return value
  const after = consumers.get(value.name)?.find((node) => traitsOf(node).kind === 'dequantiser' && node.inputs[0] === value.name)
  const maker = producers.get(value.name)
  const before = maker && traitsOf(maker).kind === 'quantiser' && maker.outputs[0] === value.name ? maker.inputs[0] : undefined
  const found = info.find(after?.outputs[0] ?? before ?? '')
  return found && isFloat(found.type) ? found : undefined
}
