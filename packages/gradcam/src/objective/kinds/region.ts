/** @file A class of a segmentation over some places: Σ or mean of its logits there (Vinogradova et al. 2020, arXiv:2002.11434). */
import { GradcamError, warn, type Warning } from '../../core/errors.ts'
import { float32, type Tensor } from '../../core/tensor.ts'
import { fitting, labelOf } from '../class-scores.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { aClass, isFile, isGrid, isNumbers, isObject, reduction, text, that } from '../fields.ts'
import type { FileRef, ObjectiveKind, Reduction } from '../kind.ts'
import { classOf, type Label, resolveLabel, topCount } from '../labels.ts'
import { boxPlaces, type Mask, maskOfPhoto, maskOfTensor, maskPlaces, pointPlaces } from '../mask.ts'
import type { Objective, Prediction } from '../objective.ts'
import { answersOf, dimsOf, type Plane, planeOf, regionSeen, type Seen, seenIn } from '../plane.ts'
import { badTarget, notRead } from '../refusal.ts'
import { weightedObjective } from '../weighted.ts'

/** A class over some places of a segmentation. */
export interface RegionSpec {
  kind: 'region'
  class: Label
  /** Where the network itself sees the class (`predicted`), a mask, or a box or point of the photo, in its pixels. Default: `predicted`. */
  over?:
    | 'predicted'
    | { mask: Mask | FileRef }
    | { box: readonly [x1: number, y1: number, x2: number, y2: number] }
    | { point: readonly [x: number, y: number] }
  /** Default: `mean`. */
  reduce?: Reduction
  /** Tensor with the class scores of every place. Default: the reduction layer. */
  tensor?: string
}

type Over = NonNullable<RegionSpec['over']>

const isOver = (value: unknown): boolean => {
  if (value === 'predicted') return true
  if (!isObject(value) || Object.keys(value).length !== 1) return false
  const { mask, box, point } = value
  return isGrid(mask) || isFile(mask) || isNumbers(box, 4) || isNumbers(point, 2)
}

export const regionKind: ObjectiveKind<RegionSpec> = {
  kind: 'region',
  fields: {
    'class!': aClass,
    over: that(isOver, 'is "predicted", {mask: {width, height, data}}, {box: [x1, y1, x2, y2]} or {point: [x, y]}'),
    reduce: reduction,
    tensor: text,
  },
  words: {
    region(rest, { bad }) {
      const at = rest.lastIndexOf('@')
      if (at < 0) return { kind: 'region', class: classOf(rest) }
      return { kind: 'region', class: classOf(rest.slice(0, at)), over: overOf(rest.slice(at + 1), bad) }
    },
  },
  help: [
    ['region:clothes', 'a class of a segmentation, where the network sees it, or …'],
    ['  @mask.png @box:x1,y1,x2,y2 @point:x,y', '… there'],
  ],
  async readFiles(spec, files) {
    const { over } = spec
    if (typeof over !== 'object' || !('mask' in over) || !('file' in over.mask)) return spec
    const { file } = over.mask
    const tensor = await files.tensor(file)
    const mask = tensor ? maskOfTensor(tensor) : maskOfPhoto(await files.photo(file))
    return { ...spec, over: { mask } } as RegionSpec
  },
  async make(spec, making) {
    const plane = planeOf(tensorNamed(making, spec.tensor ?? making.reduction), making)
    const labels = fitting(making.labels, plane.classes)
    const { over = 'predicted', reduce = 'mean' } = spec
    const best = topCount(spec.class) === 1 && over === 'predicted'
    const resolved = best ? undefined : resolveLabel(spec.class, labels, plane.classes)
    if (resolved && resolved.kind !== 'class') throw badTarget('a region belongs to one class', 'name the class by label or index')
    const { tensor, classes, width, height } = plane
    const looked = over === 'predicted' ? (await making.look([tensor.name]))[tensor.name] : undefined
    const ofImage = async (n: number): Promise<Objective> => {
      const seen = looked && seenIn(looked, plane, n, making)
      const index = resolved?.index ?? (seen && (seen.order.find((k) => !seen.constant(k)) ?? seen.order[0])) ?? 0
      const [places, where] =
        over === 'predicted' ? [regionSeen(seen as Seen, index, labels, n, making), 'in its region'] : pointedAt(over, plane, making)
      const size = places.reduce((sum, value) => sum + value, 0)
      const weights = new Float32Array(classes)
      weights[index] = reduce === 'sum' ? 1 : 1 / size
      return weightedObjective({
        tensor: tensor.name,
        factors: [float32(weights, dimsOf(plane, classes, 1, 1)), float32(places, dimsOf(plane, 1, height, width))],
        label: `${labelOf(labels, index)} ${where}`,
        details: { region: { places: size, share: size / places.length } },
        ...(seen
          ? { answers: answersOf(seen, making.labels, 5), warnings: constantNotes(seen, index, labels, resolved !== undefined) }
          : {}),
      })
    }
    return [await making.forEachImage(ofImage)]
  },
}

/** Said where a class that takes places has one score all over the picture: nothing explains it. */
function constantNotes({ order, constant }: Seen, index: number, labels: readonly string[], named: boolean): Warning[] {
  const [largest = index] = order
  const still = named || constant(index) ? index : largest
  if (!constant(still)) return []
  const other = order.find((k) => !constant(k))
  const name = labelOf(labels, still)
  if (still !== index)
    return warn(
      'class-constant',
      `${name} takes most places, but its score is the same at all of them, and has no map: ${labelOf(labels, index)} is explained`,
      `name the class that is meant: \`target: 'region:${labelOf(labels, index)}'\``,
    )
  return warn(
    'class-constant',
    `the score of ${name} is the same at all places: it does not depend on the picture`,
    other === undefined
      ? "explain what could be elsewhere: another class in a box or at a point, `target: 'region:CLASS@box:x1,y1,x2,y2'`"
      : `explain a class whose score does: \`target: 'region:${labelOf(labels, other)}'\``,
  )
}

/** What a segmentation sees, as shares of the picture, of every image. */
export async function sharesOf(context: ObjectiveContext, count: number): Promise<Prediction[][]> {
  const plane = planeOf(tensorNamed(context, context.reduction), context)
  const looked = (await context.look([plane.tensor.name]))[plane.tensor.name] as Tensor
  return Array.from({ length: context.images }, (_, n) => answersOf(seenIn(looked, plane, n, context), context.labels, count))
}

/** The words behind @. */
function overOf(place: string, bad: (hint: string) => GradcamError): Over {
  const [, kind, rest = ''] = /^(box|point):(.*)$/i.exec(place) ?? []
  if (kind === undefined) {
    if (place === '') throw bad('write a mask file, box:x1,y1,x2,y2 or point:x,y after @')
    return place.toLowerCase() === 'predicted' ? 'predicted' : { mask: { file: place } }
  }
  const numbers = rest.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const [a, b, c, d] = numbers as [number, number, number, number]
  const wanted = kind.toLowerCase() === 'point' ? 2 : 4
  if (numbers.length !== wanted || !numbers.every(Number.isFinite)) throw bad('write box:x1,y1,x2,y2 or point:x,y, in pixels of the photo')
  return wanted === 2 ? { point: [a, b] } : { box: [a, b, c, d] }
}

function pointedAt(over: Exclude<Over, 'predicted'>, plane: Plane, context: ObjectiveContext): [Float32Array, string] {
  if ('point' in over) return [pointPlaces(over.point, plane, context), `at ${over.point.join(', ')}`]
  if ('box' in over) return [boxPlaces(over.box, plane, context), 'in the box']
  if ('data' in over.mask) return [maskPlaces(over.mask, plane, context), 'in the mask']
  throw notRead(over.mask.file)
}
