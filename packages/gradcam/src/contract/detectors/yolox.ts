/** @file YOLOX: one candidate at each place, with objectness; boxes decoded or as offsets to the places of strides 8, 16 and 32. */
import type { Activation, Decoding } from '../decoding.ts'
import type { Candidate, Detector, DetectorQuestion } from './detector.ts'
import { gridsOf } from './grids.ts'
import { originOf } from './origin.ts'
import { firstOf, waysOf } from './score-ways.ts'

const strides = [8, 16, 32]

/** How many candidates there are where each place has one. */
export const yoloxCount = (size: NonNullable<DetectorQuestion['size']>): number =>
  gridsOf(size, strides).reduce((sum, { rows, columns }) => sum + rows * columns, 0)

/** Whether the graph joins the fifth number of each candidate to its classes: they are made apart. */
export function joinsObjectness(question: DetectorQuestion, { name, shape }: Candidate, axis: number): boolean {
  const [objectness, first, second] = [4, 5, 6].map((k) => originOf(question, name, firstOf(axis, shape.length, k))?.tensor)
  return objectness !== undefined && first !== undefined && objectness !== first && (second === undefined || second === first)
}

/** What more is known where candidates are as many as places. */
export function ofYolox(question: DetectorQuestion, tensor: string, axis: number): Pick<Detector, 'lieAt' | 'otherwise'> {
  const place = { tensor: [tensor], axis, rank: 3 }
  const readings = waysOf(question, place, 5).map((activation) => rawYolox({ tensor, axis }, activation))
  const from = `as many candidates as places at strides ${strides.join(', ')}, and boxes that are offsets to them`
  return {
    lieAt: { strides, offset: 0.5 },
    otherwise: { family: 'YOLOX, raw', source: 'convention', from, readings },
  }
}

/** Centres are offsets from the corner of a cell, sizes are exponentials, both times the stride (YOLOX, models/yolo_head.py: decode_outputs). */
const rawYolox = (place: { tensor: string; axis: number }, activation: Activation): Decoding => ({
  boxes: {
    ...{ ...place, count: 4, format: 'cxcywh', units: 'cells' },
    activations: ['none', 'none', 'exp', 'exp'],
    places: { strides },
  },
  objectness: { ...place, from: 4, count: 1, activation },
  classes: { ...place, from: 5, activation },
})
