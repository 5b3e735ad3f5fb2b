/** @file What outputs may hold, and what is known of one. */
import type { ElementType } from '../core/tensor.ts'
import type { Graph, Shape } from '../graph/graph.ts'
import type { Scores } from '../graph/scores.ts'
import type { Fact } from './fact.ts'
import type { Task } from './task-name.ts'

/**
 * What an output holds. `percent`: probabilities times 100; `ranked`: the best scores in their order; `detections`: boxes and their
 * scores in one tensor; `class-map`: the class of each pixel; `classes`: indices or names of classes.
 */
export type OutputKind =
  | 'logits'
  | 'probabilities'
  | 'percent'
  | 'ranked'
  | 'value'
  | 'embedding'
  | 'boxes'
  | 'scores'
  | 'detections'
  | 'segmentation'
  | 'class-map'
  | 'mask'
  | 'depth'
  | 'keypoints'
  | 'sequence'
  | 'classes'
  | 'unknown'

/** An output of a model. Plain data: JSON holds it. */
export interface OutputContract {
  name: string
  type: ElementType | undefined
  shape: Shape | undefined
  kind: Fact<OutputKind>
  /** Axis of the classes, and how many there are; undefined where the output has none. */
  classes: { axis: number; count: number } | undefined
  /** Axis of the images; undefined where the output has no values of its own for each image. */
  batch: number | undefined
  /** The tensor of scores before what the network does to them at its end, and the axis of the classes there. */
  scores: { tensor: string; axis: number | undefined; why: string } | undefined
  /** What is wrong with it, in words. */
  fault?: string
}

/** What else may tell what outputs hold. */
export interface OutputHints {
  /** How many labels there are; 0 for none. */
  labels: number
  /** Whether the first label is that of a background. */
  background?: boolean | undefined
  /** What a file or the user says the network is for. */
  task?: Task | undefined
  /** The class that config.json names. */
  architecture?: string | undefined
  /** Ultralytics' own name of the task, and numbers of each key point, in the file's metadata. */
  ultralytics?: { task: string | undefined; keypoints: number | undefined } | undefined
}

/** An output as it is looked at. */
export interface Output extends OutputHints {
  graph: Graph
  name: string
  type: ElementType | undefined
  shape: Shape
  /** What is known of a tensor's shape. */
  shapeOf: (name: string) => Shape | undefined
  scores: Scores
  /** By its name. */
  named: OutputKind | undefined
  batch: number | undefined
}

/** What an output is, the axis of its classes, and that of the tensor of scores where it is another. */
export interface Looked {
  kind: Fact<OutputKind>
  axis?: number | undefined
}
