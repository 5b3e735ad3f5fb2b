/** @file What a detector says of an image, box by box, for methods that compare all of it with the boxes that are meant. */
import type { Tensor } from '../core/tensor.ts'

/** All boxes of one image. */
export interface Detections {
  count: number
  classes: number
  /** [count, classes] */
  classScores: Float32Array
  /** [count]; 1 where the model has none. */
  objectness: Float32Array
  /** x1, y1, x2, y2 in pixels of the network's input, [count, 4]. */
  boxes: Float32Array
}

/** A box that is meant. */
export interface MeantBox {
  /** x1, y1, x2, y2 in pixels of the network's input. */
  box: ArrayLike<number>
  classScores: ArrayLike<number>
}

/** How to read the boxes of any image, and which ones are meant. */
export interface DetectionObjective {
  /** Tensors of the network that are read. */
  reads: readonly string[]
  /** Reads one image: tensors by name, float32 [1, …]. */
  read(tensors: Readonly<Record<string, Tensor>>): Detections
  meant: readonly MeantBox[]
}

/** Shared part of two boxes over their union; 0 where either is empty. The second one may start anywhere in a list of boxes. */
export function intersectionOverUnion(a: ArrayLike<number>, b: ArrayLike<number>, at = 0): number {
  const [ax1, ay1, ax2, ay2] = [a[0] as number, a[1] as number, a[2] as number, a[3] as number]
  const [bx1, by1, bx2, by2] = [b[at] as number, b[at + 1] as number, b[at + 2] as number, b[at + 3] as number]
  const shared = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) * Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1))
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
  return union > 0 ? shared / union : 0
}
