/** @file Targets that share a run. */
import type { LayerChoice, Layers } from '../graph/layers.ts'
import type { Aim } from './aim.ts'

export type TargetGroup = ClassGroup | AimGroup

/** Classes of the reduction layer: fed as indices, or the best ones, chosen inside the graph. */
export interface ClassGroup {
  kind: 'given' | 'top'
  count: number
  indices: readonly number[]
  /** Every class of the network: maps stay at feature size unless upsampling is asked for. */
  all?: true
  /** Indices of each picture, where they differ. */
  own?: readonly (readonly number[])[]
}

/** Anything else, made definite for every picture: aims of one target have equal keys. */
export interface AimGroup {
  kind: 'aims'
  count: number
  /** By picture, then by target. */
  aims: readonly (readonly Aim[])[]
  /** Where the maps lie, and what the network's own answer is read from. */
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
}

/** The classes of a picture, in their order. */
export const indicesOf = (group: ClassGroup, picture: number): readonly number[] => group.own?.[picture] ?? group.indices
