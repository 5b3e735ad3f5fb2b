/** @file Typed access to a node's attributes, with the operator's default at the place of use. */
import type { GraphNode } from './graph.ts'

export interface NodeAttributes {
  int(name: string, missing: number): number
  float(name: string, missing: number): number
  ints(name: string): number[] | undefined
  string(name: string, missing: string): string
}

export const attributesOf = ({ attributes }: GraphNode): NodeAttributes => ({
  int: (name, missing) => Number(attributes.get(name)?.i ?? missing),
  float: (name, missing) => attributes.get(name)?.f ?? missing,
  ints: (name) => attributes.get(name)?.ints.map(Number),
  string(name, missing) {
    const attribute = attributes.get(name)
    return attribute ? new TextDecoder().decode(attribute.s) : missing
  },
})
