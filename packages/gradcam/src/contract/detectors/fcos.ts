/** @file FCOS before its boxes are decoded: classes, four distances and centreness at each place of strides 8 to 128. */
import type { Activation, Decoding } from '../decoding.ts'
import type { Detector, DetectorQuestion, Verdict } from './detector.ts'
import { at, boxRole, headsByStride, headsOfAll, type Place, rolesAcross } from './grids.ts'
import { waysOf } from './score-ways.ts'

const strides = [8, 16, 32, 64, 128]

/** Three outputs for all places, as torchvision joins them, or three for each stride. */
export function fcos(question: DetectorQuestion): Verdict {
  const { labels } = question
  const all = headsOfAll(question, strides)
  const levels = all ? [all] : headsByStride(question, strides)
  const roles = [{ channels: 1, names: /cent|ctr/i }, boxRole, { channels: labels || undefined, names: /cls|class|score|logit/i }]
  const [centres, boxes, classes] = (levels && rolesAcross(levels, roles)) ?? []
  if (!centres || !boxes || !classes) return undefined
  const ways = waysOf(question, classes)
  const parts: Parts = { centres, boxes, classes }
  const detector: Omit<Detector, 'family' | 'roles' | 'readings'> = {
    source: 'convention',
    from: `${classes.channels} classes, four distances and centreness at each place of strides ${strides.join(', ')}`,
  }
  const roleOf = { ...named(classes, 'scores'), ...named(boxes, 'boxes') }
  if (all)
    return {
      detector: { ...detector, family: 'FCOS, raw', readings: ways.map((way) => torchvision(parts, way)), roles: roleOf },
    }
  const kinds = [mmdetection, adelaidet]
  return {
    detector: {
      ...{ ...detector, family: 'FCOS, raw', roles: roleOf, exclusive: true },
      readings: kinds.flatMap((kind) => ways.map((way) => kind(parts, way))),
      ways: ['distances in pixels, as MMDetection has them', 'distances in cells, as AdelaiDet has them'].flatMap((text) =>
        ways.map(() => text),
      ),
    },
  }
}

const named = <T extends string>({ tensor }: Place, kind: T): Record<string, T> => Object.fromEntries(tensor.map((name) => [name, kind]))

interface Parts {
  centres: Place
  boxes: Place
  classes: Place
}

const scores = ({ centres, classes }: Parts, activation: Activation): Pick<Decoding, 'objectness' | 'classes'> => ({
  objectness: { ...at(centres), activation },
  classes: { ...at(classes), activation },
})
const rooted = { exponents: { objectness: 0.5, classes: 0.5 } }

/** Distances in cells from corners that lie as far apart as the image divided by their number, rounded down. */
const torchvision = (parts: Parts, activation: Activation): Decoding => ({
  ...scores(parts, activation),
  boxes: { ...at(parts.boxes), format: 'ltrb', units: 'cells', places: { strides, spacing: 'floor' } },
  ...rooted,
})

/** Distances in pixels from the centre of a cell, and the product of both scores. */
const mmdetection = (parts: Parts, activation: Activation): Decoding => ({
  ...scores(parts, activation),
  boxes: { ...at(parts.boxes), format: 'ltrb', units: 'pixels', places: { strides, offset: 0.5 } },
})

/** Distances in cells from the centre of a cell, and the root of the product. */
const adelaidet = (parts: Parts, activation: Activation): Decoding => ({
  ...scores(parts, activation),
  boxes: { ...at(parts.boxes), format: 'ltrb', units: 'cells', places: { strides, offset: 0.5 } },
  ...rooted,
})
