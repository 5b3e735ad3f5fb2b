/** @file Refuses to run a model where the device is known to compute one of its nodes wrong. */
import { GradcamError } from '../core/errors.ts'
import { silentFault } from '../runtime/capabilities.ts'
import type { Provider } from '../runtime/runtime.ts'
import { attributesOf } from './attributes.ts'
import type { Graph } from './graph.ts'

/** @throws GradcamError `unsupported-operator` with the node */
export function refuseFaultyNodes({ nodes, initializers }: Pick<Graph, 'nodes' | 'initializers'>, provider: Provider): void {
  for (const node of nodes) {
    const { int, ints } = attributesOf(node)
    const fault = silentFault(provider, {
      operator: node.operator,
      weights: initializers.get(node.inputs[1] ?? '')?.dims.map(Number),
      groups: int('group', 1),
      strided: (ints('strides') ?? []).some((stride) => stride !== 1),
    })
    if (!fault) continue
    throw new GradcamError('unsupported-operator', `${provider} computes the node ${node.name} (${node.operator}) wrong: ${fault.when}`, {
      hint: 'leave `device` out: the CPU computes it right',
      node: { name: node.name, operator: node.operator },
      data: { device: provider },
    })
  }
}
