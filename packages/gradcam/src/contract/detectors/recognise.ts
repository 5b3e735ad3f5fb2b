/** @file Which family a detector is of. */
import { centerNet } from './centernet.ts'
import type { DetectorQuestion, Verdict } from './detector.ts'
import { fastestDet } from './fastest-det.ts'
import { fcos } from './fcos.ts'
import { finishedParts } from './finished-parts.ts'
import { finishedRows } from './finished-rows.ts'
import { nanoDet } from './nanodet.ts'
import { pair } from './pairs.ts'
import { rawHeads } from './raw-heads.ts'
import { retinaNet } from './retinanet.ts'
import { scrfd } from './scrfd.ts'
import { beforeSuppression } from './suppression.ts'
import { oneTensor } from './yolo.ts'
import { yoloRaw } from './yolo-raw.ts'

/** Families, the most telling first. */
const families: readonly ((question: DetectorQuestion) => Verdict)[] = [
  fastestDet,
  finishedParts,
  finishedRows,
  yoloRaw,
  nanoDet,
  scrfd,
  fcos,
  centerNet,
  retinaNet,
  rawHeads,
  pair,
  oneTensor,
  beforeSuppression,
]

/** The first family that knows the outputs as its own. */
export function recognise(question: DetectorQuestion): Verdict {
  for (const family of families) {
    const verdict = family(question)
    if (verdict) return question.ultralytics ? cut(verdict) : verdict
  }
  return undefined
}

/** Ultralytics cuts upright boxes to the photo; other frameworks leave them, or cut them in the network. */
function cut(verdict: NonNullable<Verdict>): Verdict {
  if (!('detector' in verdict)) return verdict
  const { detector } = verdict
  const readings = detector.readings.map((reading) =>
    reading.boxes && !reading.angle ? { ...reading, boxes: { ...reading.boxes, cut: true } } : reading,
  )
  return { detector: { ...detector, readings } }
}
