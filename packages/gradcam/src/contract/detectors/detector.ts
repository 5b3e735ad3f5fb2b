/** @file What is known of a detector before it runs: its family, and the ways in which its outputs may be read. */
import type { Graph, Shape } from '../../graph/graph.ts'
import type { Decoding, Places } from '../decoding.ts'
import type { FactSource } from '../fact.ts'
import type { Warning } from '../../core/errors.ts'
import type { OutputContract, OutputHints, OutputKind } from '../output-kind.ts'

/** A detector that is known. */
export interface Detector {
  /** As a person calls it. */
  family: string
  source: FactSource
  /** What tells it. */
  from: string
  /** Ways to read its outputs, the likeliest first; where there are several, the boxes of the image at hand decide. */
  readings: readonly Decoding[]
  /** What its outputs hold, by name. */
  roles: Readonly<Record<string, OutputKind>>
  /** Whether readings exclude each other: where the boxes of the image fit several, none is right without a word. */
  exclusive?: boolean
  /** What such readings are called. */
  ways?: readonly string[]
  /** Why the first of them is taken all the same, with a warning. */
  likeliest?: string
  /** Grids that candidates lie on: boxes that are read rightly lie near their own places. */
  lieAt?: Places
  /** What the outputs are where no reading holds: raw numbers. */
  otherwise?: Omit<Detector, 'roles'>
  /** What was taken for granted. */
  warnings?: readonly Warning[]
}

/** A detector whose boxes cannot be read from the file alone. */
export interface Unread {
  /** What its outputs are. */
  what: string
  /** What is missing, and what to do. */
  hint: string
}

/** An output as families look at it: a float tensor with values for each image. */
export interface Candidate {
  name: string
  shape: Shape
}

/** What families are recognised by. */
export interface DetectorQuestion extends OutputHints {
  graph: Graph
  outputs: readonly Candidate[]
  /** All outputs, of whatever type. */
  all: readonly OutputContract[]
  /** Height and width of the image; undefined where they are free. */
  size: { height: number; width: number } | undefined
  shapeOf: (name: string) => Shape | undefined
}

/** What a family says of a model: that it is one of its own, that it is one but cannot be read, or nothing. */
export type Verdict = { detector: Detector } | { unread: Unread } | undefined

/** The number of a dimension. */
export const fixed = (dim: Shape[number] | undefined): number | undefined => (typeof dim === 'number' ? dim : undefined)
