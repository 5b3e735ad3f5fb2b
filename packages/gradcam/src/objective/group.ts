/** @file Targets that share a run. */
import type { LayerChoice, Layers } from '../graph/layers.ts'
import type { Objective } from './objective.ts'

export type TargetGroup = ClassGroup | ObjectiveGroup

/** Classes of the reduction layer: fed as indices, or the best ones, chosen inside the graph. */
export interface ClassGroup {
  kind: 'given' | 'top'
  count: number
  indices: readonly number[]
  /** Every class of the network: maps stay at feature size unless upsampling is asked for. */
  all?: true
  /** Indices of each image, where they differ. */
  own?: readonly (readonly number[])[]
}

/** Anything else, made definite for every image: objectives of one target have equal keys. */
export interface ObjectiveGroup {
  kind: 'objectives'
  count: number
  /** By image, then by target. */
  objectives: readonly (readonly Objective[])[]
  /** Where the maps lie, and what the network's own answer is read from. */
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
}

/** The classes of an image, in their order. */
export const indicesOf = (group: ClassGroup, image: number): readonly number[] => group.own?.[image] ?? group.indices
