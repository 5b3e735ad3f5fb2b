/** @file Networks on which a method says less than it seems to. */
import { type Warning, warn } from '../core/errors.ts'
import { rectifies } from '../gradient/tables/rectifier.ts'
import type { GraphNode } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import { nodesBetween } from '../graph/path.ts'
import type { Method, Subject } from './definition.ts'

const onTheWay = ({ graph, layers }: Subject, from: string): GraphNode[] => nodesBetween(graph, from, layers.reduction.name)

/** What a person should know of a method on a network: what holds for all methods of its kind, and what it says itself. */
export const advice = (method: Method, subject: Subject): Warning[] => [
  ...(method.gradient ? quantizedNetwork(method.gradient, subject) : []),
  ...(method.warn?.(subject) ?? []),
]

/** Gradients go through rounding as if there were none: on an int8 network they are those of another, unrounded one. */
function quantizedNetwork(reach: 'features' | 'image', subject: Subject): Warning[] {
  const from = reach === 'image' ? subject.image : subject.layers.feature.name
  const rounding = onTheWay(subject, from).find((node) => traitsOf(node).rounds)
  if (!rounding) return []
  return warn(
    'gradient-quantized',
    `the network is quantised (${rounding.operator} ${rounding.name}): its gradient is taken as if nothing were rounded`,
    'compare with a method without gradients: recipro-cam, occlusion',
  )
}

/** Methods that do something of their own at rectifiers, on a network that has none. */
export function withoutRectifiers(subject: Subject): Warning[] {
  if (onTheWay(subject, subject.image).some((node) => rectifies(node, subject.info))) return []
  return warn(
    'no-rectifiers',
    'the network has no rectifier (Relu and its like) between image and score: the map is that of the plain gradient',
    'use saliency, smooth-grad or integrated-gradients; activations that an exporter wrote in several nodes do not count',
  )
}
