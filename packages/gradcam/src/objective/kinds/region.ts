/** @file A class of a segmentation over some places: Σ or mean of its logits there (Vinogradova et al. 2020, arXiv:2002.11434). */
import { GradcamError } from '../../core/errors.ts'
import { shapeText, type Value } from '../../graph/graph.ts'
import { probabilities } from '../../graph/layers.ts'
import { float32, type Tensor, toFloat32 } from '../../core/tensor.ts'
import { fitting, labelOf } from '../class-scores.ts'
import { type ObjectiveContext, rowOf, tensorNamed } from '../context.ts'
import { aClass, isFile, isGrid, isNumbers, isObject, reduction, text, that } from '../fields.ts'
import type { FileRef, ObjectiveKind, Reduction } from '../kind.ts'
import { classOf, type Label, resolveLabel } from '../labels.ts'
import { boxPlaces, type Mask, maskOfPhoto, maskOfTensor, maskPlaces, pointPlaces } from '../mask.ts'
import type { Objective } from '../objective.ts'
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
    const resolved = resolveLabel(spec.class, labels, plane.classes)
    if (resolved.kind !== 'class') throw badTarget('a region belongs to one class', 'name the class by label or index')
    const { index } = resolved
    const { over = 'predicted', reduce = 'mean' } = spec
    const { tensor, axis, classes, width, height } = plane
    const looked = over === 'predicted' ? (await making.look([tensor.name]))[tensor.name] : undefined
    const dims = (channels: number, rows: number, columns: number): number[] =>
      axis === 1 ? [1, channels, rows, columns] : [1, rows, columns, channels]
    const ofImage = async (n: number): Promise<Objective> => {
      const [places, where] =
        over === 'predicted'
          ? [predicted(looked as Tensor, plane, index, labels, n, making), 'in its region']
          : pointedAt(over, plane, making)
      const size = places.reduce((sum, value) => sum + value, 0)
      const weights = new Float32Array(classes)
      weights[index] = reduce === 'sum' ? 1 : 1 / size
      return weightedObjective({
        tensor: tensor.name,
        factors: [float32(weights, dims(classes, 1, 1)), float32(places, dims(1, height, width))],
        label: `${labelOf(labels, index)} ${where}`,
        details: { region: { places: size, share: size / places.length } },
      })
    }
    return [await making.forEachImage(ofImage)]
  },
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

/** A tensor with a score for every class at every place. */
interface Plane {
  tensor: Value
  /** 1, or 3 for channels last. */
  axis: number
  classes: number
  width: number
  height: number
}

function planeOf(tensor: Value, { labels }: ObjectiveContext): Plane {
  const { shape, name } = tensor
  const last = shape.length === 4 && labels.length > 0 && shape[3] === labels.length && shape[1] !== labels.length
  const [classes, height, width] = (last ? [shape[3], shape[1], shape[2]] : shape.slice(1)) as number[]
  if (shape.length === 4 && [classes, height, width].every((dim) => typeof dim === 'number'))
    return { tensor, axis: last ? 3 : 1, classes: classes as number, height: height as number, width: width as number }
  throw badTarget(
    `${name} ${shapeText(shape)} has no places: it is no segmentation`,
    'name a tensor [N, classes, height, width], or explain the class itself',
  )
}

function pointedAt(over: Exclude<Over, 'predicted'>, plane: Plane, context: ObjectiveContext): [Float32Array, string] {
  if ('point' in over) return [pointPlaces(over.point, plane, context), `at ${over.point.join(', ')}`]
  if ('box' in over) return [boxPlaces(over.box, plane, context), 'in the box']
  if ('data' in over.mask) return [maskPlaces(over.mask, plane, context), 'in the mask']
  throw notRead(over.mask.file)
}

/** Where the network sees the class: its score is the largest of all, or, where classes do not exclude each other, its probability is over a half. */
function predicted(
  looked: Tensor,
  plane: Plane,
  index: number,
  labels: readonly string[],
  n: number,
  context: ObjectiveContext,
): Float32Array {
  const row = rowOf(toFloat32(looked), n, context.images)
  const { classes, width, height, axis, tensor } = plane
  const places = width * height
  const value = (place: number, k: number): number => row[axis === 1 ? k * places + place : place * classes + k] as number
  const level = thresholdOf(context, tensor.name, classes)
  const chosen = new Float32Array(places)
  const counts = new Float64Array(classes)
  for (let place = 0; place < places; place++) {
    let best = 0
    for (let k = 1; k < classes; k++) if (value(place, k) > value(place, best)) best = k
    const seen = (k: number): boolean => (level === undefined ? k === best : value(place, k) > level)
    for (let k = 0; k < classes; k++) if (seen(k)) counts[k] = (counts[k] as number) + 1
    if (seen(index)) chosen[place] = 1
  }
  const count = (k: number): number => counts[k] as number
  if (count(index) > 0) return chosen
  const largest = Array.from(counts.keys())
    .filter((k) => count(k) > 0)
    .sort((a, b) => count(b) - count(a))
  const shares = largest.slice(0, 6).map((k) => `${labelOf(labels, k)} (${((100 * count(k)) / places).toFixed(1)} %)`)
  const image = context.images > 1 ? ` in image ${n}` : ''
  throw new GradcamError('target-absent', `the network sees ${labelOf(labels, index)} nowhere${image}`, {
    hint: `it sees ${shares.join(', ') || 'no class at all'}; or name a mask, a box or a point`,
  })
}

/** The value that stands for a probability of a half, where classes do not exclude each other. */
function thresholdOf({ graph }: ObjectiveContext, tensor: string, classes: number): number | undefined {
  const maker = graph.producers.get(tensor)?.operator
  if (maker === 'Sigmoid' || maker === 'HardSigmoid') return 0.5
  if (maker === 'Softmax' || maker === 'LogSoftmax') return undefined
  return classes === 1 || probabilities(graph, tensor)?.kind === 'sigmoid' ? 0 : undefined
}
