/** @file A class of a segmentation over some places: Σ or mean of its logits there (Vinogradova et al. 2020, arXiv:2002.11434). */
import { GradcamError } from '../../core/errors.ts'
import { shapeText, type Value } from '../../graph/graph.ts'
import { probabilities } from '../../graph/layers.ts'
import { float32, type Tensor, toFloat32 } from '../../core/tensor.ts'
import { fitting, labelOf } from '../class-scores.ts'
import { classOf } from '../class-words.ts'
import { type ObjectiveContext, rowOf, tensorNamed } from '../context.ts'
import { aClass, isFile, isGrid, isNumbers, isObject, reduction, text, that } from '../fields.ts'
import type { FileRef, ObjectiveKind, Reduction } from '../kind.ts'
import { type Label, resolveLabel } from '../labels.ts'
import { boxPlaces, type Mask, maskOfPhoto, maskOfTensor, maskPlaces, pointPlaces } from '../mask.ts'
import { forEachImage, type Objective } from '../objective.ts'
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
  make: async (spec, { context }) => [await regionObjectives(spec, context)],
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

/** The objectives of all images. */
async function regionObjectives(spec: RegionSpec, context: ObjectiveContext): Promise<Objective[]> {
  const plane = planeOf(tensorNamed(context, spec.tensor ?? context.reduction), context)
  const labels = fitting(context.labels, plane.classes)
  const resolved = resolveLabel(spec.class, labels, plane.classes)
  if (resolved.kind !== 'class') {
    throw new GradcamError('bad-target', 'a region belongs to one class', { hint: 'name the class by label or index' })
  }
  const { index } = resolved
  const label = labelOf(labels, index)
  const { over = 'predicted' } = spec
  const { name } = plane.tensor
  const looked = over === 'predicted' ? ((await context.look([name]))[name] as Tensor) : undefined
  return forEachImage(context.images, (n) => {
    const [places, where] = looked
      ? [predicted(looked, plane, index, labels, n, context), 'in its region']
      : pointedAt(over as Exclude<typeof over, 'predicted'>, plane, context)
    const size = places.reduce((sum, value) => sum + value, 0)
    const weights = new Float32Array(plane.classes)
    weights[index] = spec.reduce === 'sum' ? 1 : 1 / size
    const [channels, grid] =
      plane.axis === 1
        ? [
            [1, plane.classes, 1, 1],
            [1, 1, plane.height, plane.width],
          ]
        : [
            [1, 1, 1, plane.classes],
            [1, plane.height, plane.width, 1],
          ]
    return weightedObjective({
      tensor: plane.tensor.name,
      factors: [float32(weights, channels), float32(places, grid)],
      label: `${label} ${where}`,
      details: { region: { places: size, share: size / places.length } },
    })
  })
}

function planeOf(tensor: Value, { labels }: ObjectiveContext): Plane {
  const { shape, name } = tensor
  const last = shape.length === 4 && labels.length > 0 && shape[3] === labels.length && shape[1] !== labels.length
  const [classes, height, width] = (last ? [shape[3], shape[1], shape[2]] : shape.slice(1)) as number[]
  if (shape.length === 4 && [classes, height, width].every((dim) => typeof dim === 'number'))
    return { tensor, axis: last ? 3 : 1, classes: classes as number, height: height as number, width: width as number }
  throw new GradcamError('bad-target', `${name} ${shapeText(shape)} has no places: it is no segmentation`, {
    hint: 'name a tensor [N, classes, height, width], or explain the class itself',
  })
}

function pointedAt(over: Exclude<Over, 'predicted'>, plane: Plane, context: ObjectiveContext): [Float32Array, string] {
  if ('point' in over) return [pointPlaces(over.point, plane, context), `at ${over.point.join(', ')}`]
  if ('box' in over) return [boxPlaces(over.box, plane, context), 'in the box']
  if ('data' in over.mask) return [maskPlaces(over.mask, plane, context), 'in the mask']
  throw new GradcamError('bad-target', `the mask ${over.mask.file} was not read`, {
    hint: 'read it, and give {width, height, data}; gradcam/node does',
  })
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
    if (level === undefined) counts[best] = (counts[best] as number) + 1
    else for (let k = 0; k < classes; k++) if (value(place, k) > level) counts[k] = (counts[k] as number) + 1
    if (level === undefined ? best === index : value(place, index) > level) chosen[place] = 1
  }
  if ((counts[index] as number) > 0) return chosen
  const name = (k: number): string => labelOf(labels, k)
  const seen = Array.from(counts.keys()).filter((k) => (counts[k] as number) > 0)
  const listed = seen.sort((a, b) => (counts[b] as number) - (counts[a] as number)).slice(0, 6)
  const shares = listed.map((k) => `${name(k)} (${((100 * (counts[k] as number)) / places).toFixed(1)} %)`).join(', ')
  throw new GradcamError('target-absent', `the network sees ${name(index)} nowhere${context.images > 1 ? ` in image ${n}` : ''}`, {
    hint: `${shares === '' ? 'it sees no class at all' : `it sees ${shares}`}; or name a mask, a box or a point`,
  })
}

/** The value that stands for a probability of a half, where classes do not exclude each other. */
function thresholdOf({ graph }: ObjectiveContext, tensor: string, classes: number): number | undefined {
  const maker = graph.producers.get(tensor)?.operator
  if (maker === 'Sigmoid' || maker === 'HardSigmoid') return 0.5
  if (maker === 'Softmax' || maker === 'LogSoftmax') return undefined
  return classes === 1 || probabilities(graph, tensor)?.kind === 'sigmoid' ? 0 : undefined
}
