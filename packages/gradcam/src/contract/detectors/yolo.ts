/**
 * @file Detectors that give all of a candidate in one tensor: YOLO v5 to v7 with objectness, v8 and later without, with what
 * segmentation, pose and turned boxes add, and the finished boxes of end-to-end exports.
 */
import type { Decoding } from '../decoding.ts'
import { type Candidate, type Detector, type DetectorQuestion, fixed, type Verdict } from './detector.ts'
import { joinsObjectness, ofYolox, yoloxCount } from './yolox.ts'

/** One tensor, beside which there may be the prototypes of masks. */
export function oneTensor(question: DetectorQuestion): Verdict {
  const { outputs } = question
  const prototypes = outputs.find(({ shape }) => shape.length === 4 && fixed(shape[1]) === maskCount)
  const rows = outputs.filter(({ shape }) => shape.length === 3)
  const [only] = rows
  if (!only || rows.length > 1 || outputs.length > (prototypes ? 2 : 1)) return undefined
  const found = [...endToEnd(only, question, prototypes !== undefined), ...dense(only, question, prototypes !== undefined)]
  const [first] = found
  if (!first) return undefined
  return {
    detector: {
      ...found.find(({ lieAt }) => lieAt),
      ...first,
      readings: found.flatMap(({ readings }) => readings),
      roles: { [only.name]: 'detections', ...(prototypes ? { [prototypes.name]: 'mask' } : {}) },
    },
  }
}

/** Coefficients of a mask, as all of YOLO's segmentations have them. */
const maskCount = 32

type Found = Omit<Detector, 'roles'>

/** Numbers that stand behind the classes of a candidate. */
interface Extra {
  count: number
  what: string
  /** That the last of them is an angle. */
  angle?: true
}

/** What may stand behind the classes, the likeliest first. */
function extras({ ultralytics, labels }: DetectorQuestion, prototypes: boolean): Extra[] {
  const mask: Extra = { count: maskCount, what: '-seg' }
  if (prototypes) return [mask]
  const turned: Extra = { count: 1, what: '-obb', angle: true }
  if (ultralytics?.task === 'obb') return [turned]
  if (ultralytics?.task === 'pose') return [{ count: ultralytics.keypoints ?? 51, what: '-pose' }]
  if (ultralytics?.task !== undefined) return [{ count: 0, what: '' }]
  // 17 key points of a person, each with its visibility
  return [{ count: 0, what: '' }, ...(labels > 0 ? [turned, { count: 51, what: '-pose' }] : [])]
}

/** [N, box classes, candidates] or [N, candidates, box (objectness) classes]. */
function dense(output: Candidate, question: DetectorQuestion, prototypes: boolean): Found[] {
  const { name, shape } = output
  const { labels, ultralytics, size, task } = question
  const [a, b] = [fixed(shape[1]), fixed(shape[2])]
  if (a === b) return []
  const found: Found[] = []
  for (const { count, what, angle } of extras(question, prototypes))
    for (const axis of [1, 2]) {
      const [channels, candidates] = axis === 1 ? [a, b] : [b, a]
      // how many candidates there are hangs on the size of the image, where that is free
      if (channels === undefined || (candidates === undefined && task !== 'detection')) continue
      const ofCells = size !== undefined && candidates === yoloxCount(size)
      const five = ofCells && joinsObjectness(question, output, axis)
      const classes = labels > 0 ? labels : classesByGrid(channels, candidates, five ? count + 1 : count, question)
      if (classes === undefined || classes < 1) continue
      const place = axis === 1 ? { tensor: name, axis: 1 } : { tensor: name }
      const from = `${labels > 0 ? `${labels} labels` : 'the number of candidates'} and ${channels} numbers for each of ${candidates ?? 'any number of'} candidates`
      const source = ultralytics?.task === undefined ? 'convention' : 'stated'
      const after = count > 0 ? { count: classes } : {}
      if (channels === 4 + classes + count) {
        const turned: Partial<Decoding> = angle ? { angle: { ...place, from: 4 + classes, count: 1 } } : {}
        // candidates first and one number more is the objectness of YOLO v5
        if (!(angle && axis === 2))
          found.push({
            ...{ family: `YOLO v8 or later${what}`, source, from },
            readings: boxesOf({ ...turned, classes: { ...place, from: 4, ...after } }, { ...place, count: 4 }),
          })
      }
      if (channels === 5 + classes + count && !angle && (axis === 2 || (labels === 0 && count === 0)))
        found.push({
          ...{ family: `YOLO v5 to v7, YOLOX${what}`, source, from },
          readings: boxesOf(
            { objectness: { ...place, from: 4, count: 1 }, classes: { ...place, from: 5, ...after } },
            { ...place, count: 4 },
          ),
          ...(ofCells && count === 0 ? ofYolox(question, name, axis) : {}),
        })
    }
  return found
}

type Four = NonNullable<Decoding['boxes']>

/** Centre, width and height, in pixels or as shares of the image. */
const boxesOf = (rest: Decoding, place: Omit<Four, 'format' | 'units'>): Decoding[] =>
  (['pixels', 'normalised'] as const).map((units) => ({ boxes: { ...place, format: 'cxcywh', units }, ...rest }))

/** Without labels the number of candidates must be that of a pyramid of grids. */
function classesByGrid(channels: number, candidates: number | undefined, extra: number, { size }: DetectorQuestion): number | undefined {
  if (!size || channels > 2048) return undefined
  const cells = [8, 16, 32].map((stride) => Math.ceil(size.height / stride) * Math.ceil(size.width / stride))
  const total = cells.reduce((sum, each) => sum + each, 0)
  if (candidates === total) return channels - 4 - extra
  return candidates === 3 * total ? channels - 5 - extra : undefined
}

/** [N, candidates, x1 y1 x2 y2 score class …]: boxes that the model has sorted or suppressed by itself. */
function endToEnd({ name: tensor, shape }: Candidate, { ultralytics, labels, task }: DetectorQuestion, prototypes: boolean): Found[] {
  const channels = fixed(shape[2])
  const candidates = fixed(shape[1])
  if (channels === undefined || (candidates !== undefined && candidates <= channels)) return []
  const after = prototypes ? maskCount : ultralytics?.task === 'pose' ? (ultralytics.keypoints ?? 51) : ultralytics?.task === 'obb' ? 1 : 0
  if (channels !== 6 + after || (labels === 0 && task !== 'detection')) return []
  const rest: Decoding = {
    classes: { tensor, from: 4, count: 1 },
    ids: { tensor, from: 5, count: 1 },
    ...(ultralytics?.task === 'obb' ? { angle: { tensor, from: 6, count: 1 } } : {}),
  }
  const format = ultralytics?.task === 'obb' ? 'cxcywh' : 'xyxy'
  return [
    {
      family: 'boxes that the model finishes by itself',
      source: ultralytics?.task === undefined ? 'convention' : 'stated',
      from: `rows of ${channels} numbers: box, score, class`,
      readings: (['pixels', 'normalised'] as const).map((units) => ({ boxes: { tensor, count: 4, format, units }, ...rest })),
    },
  ]
}
