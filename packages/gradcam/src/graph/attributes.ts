/** @file Typed access to a node's attributes, with the operator's default at the place of use. */
import type { GraphNode } from './graph.ts'

export const intAttribute = (node: GraphNode, name: string, missing: number): number => {
  const attribute = node.attributes.get(name)
  return attribute ? Number(attribute.i) : missing
}

export const floatAttribute = (node: GraphNode, name: string, missing: number): number => node.attributes.get(name)?.f ?? missing

export const intsAttribute = (node: GraphNode, name: string): number[] | undefined => node.attributes.get(name)?.ints.map(Number)

export const stringAttribute = (node: GraphNode, name: string, missing: string): string => {
  const attribute = node.attributes.get(name)
  return attribute ? new TextDecoder().decode(attribute.s) : missing
}
