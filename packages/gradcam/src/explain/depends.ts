/** @file Whether what is explained depends on the picture at all. */
import { GradcamError } from '../core/errors.ts'
import { type Graph, isFloat } from '../graph/graph.ts'
import { readNames } from '../graph/nodes.ts'
import { traitsOf } from '../graph/operators.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import type { Objective } from '../objective/objective.ts'

/** Tensors whose values hang on those of the image; its size alone is the same for all pictures. */
function movedBy(graph: Graph, image: string): Set<string> {
  const moved = new Set([image])
  for (const node of graph.nodes) {
    if (traitsOf(node).measures || !readNames(node).some((name) => moved.has(name))) continue
    for (const name of node.outputs) if (name) moved.add(name)
  }
  return moved
}

/** @throws GradcamError `bad-target` where a score is made of tensors that are the same for all pictures */
export function refuseFixed(graph: Graph, info: TensorInfo, image: string, { label, reads }: Objective): void {
  const moved = movedBy(graph, image)
  if (reads.length === 0 || reads.some((name) => moved.has(name))) return
  const others = graph.outputs.flatMap(({ name }) => (moved.has(name) && isFloat(info.find(name)?.type) ? [name] : []))
  throw new GradcamError('bad-target', `${label} does not depend on the picture: ${reads.join(' and ')} is the same for all pictures`, {
    hint:
      others.length > 0
        ? `explain an output that does: ${others.map((name) => `\`target: "value:${name}[…]"\``).join(', ')}`
        : 'no output of this network depends on the picture: was the right input named with `imageInput`?',
  })
}
