/** @file Outputs with several values at several places: candidates of a detector, pixels of a segmentation, steps of a sequence. */
import { type Shape, shapeText } from '../graph/graph.ts'
import { traitsOf } from '../graph/operators.ts'
import { fact } from './fact.ts'
import type { Looked, Output } from './output-kind.ts'
import { stepsBy } from './steps.ts'
import { weightShape } from './weight-shape.ts'

/** An output with its axes of several values, and the shape of the image. */
export interface Placed extends Output {
  images: Shape | undefined
  places: readonly number[]
}

/** [N, rows, columns]: candidates of a detector, places of a segmentation, steps of a sequence. */
export function ofRows(output: Placed): Looked {
  const { graph, name, shape, labels, batch, scores, task } = output
  const last = shape.length - 1
  const steps = stepsBy(graph, name)
  if (steps) return { kind: fact('sequence', 'graph', steps), axis: last }
  if (batch === 1) return { kind: fact('sequence', 'convention', `the images are on axis 1 of ${shapeText(shape)}`), axis: 2 }
  const [a, b] = shape.slice(batch === undefined ? -2 : 1)
  if (b === 4 && labels !== 4) return { kind: fact('boxes', 'convention', 'rows of four numbers') }
  const extra = [4, 5, 6].find((more) => labels > 0 && (a === labels + more || b === labels + more))
  if (extra !== undefined) return { kind: fact('detections', 'convention', `${extra} more values than labels for each candidate`) }
  if (labels > 1 && (b === labels || b === labels + 1))
    return { kind: fact('scores', 'convention', 'a row of as many scores as labels for each candidate'), axis: last }
  if (labels === 1 && b === 2) return { kind: fact('scores', 'convention', 'one more score than labels for each candidate'), axis: last }
  if (last === 2 && isPicture(output, a, b)) {
    const sigmoid = scores.probability?.kind === 'sigmoid' ? scores.probability.node.name : undefined
    if (sigmoid !== undefined) return { kind: fact('mask', 'graph', `${sigmoid} (Sigmoid) at each place`) }
    if (labels === 1 || task === 'segmentation') return { kind: fact('mask', 'convention', 'one number at each place, and one class') }
    if (task === 'depth') return { kind: fact('depth', 'convention', 'one number at each place') }
    return { kind: fact('mask', 'assumed', 'one number at each place', ['depth']) }
  }
  return {
    kind: fact('unknown', 'assumed', `neither name nor shape, ${shapeText(shape)}, tells`, ['scores', 'detections', 'sequence', 'depth']),
  }
}

/** Whether two dimensions are the height and width of a picture: in the proportion of the image, and many. */
function isPicture({ images }: Placed, height: Shape[number] | undefined, width: Shape[number] | undefined): boolean {
  if (typeof height !== 'number' || typeof width !== 'number' || height < 8 || width < 8 || images?.length !== 4) return false
  const [, a, b, c] = images
  const [own, wide] = typeof a === 'number' && a <= 4 ? [b, c] : [a, b]
  return typeof own === 'number' && typeof wide === 'number' ? height * wide === width * own : true
}

/** [N, C, H, W] or [N, H, W, C]. */
export function ofMap(output: Placed): Looked {
  const { shape, labels, places, scores, task } = output
  const axis = shape.findIndex((dim, i) => i > 0 && labels > 0 && dim === labels && (dim > 1 || shape.length === 4))
  const several = places.length > 2
  if (axis > 0 && several) return { kind: fact('segmentation', 'convention', 'as many channels as labels, at each place'), axis }
  if (!several) return ofOneChannel(output)
  const told = scores.chosen?.axis ?? scores.probability?.axis
  if (told !== undefined && told > 0 && shape.length === 4)
    return { kind: fact('segmentation', 'graph', `a ${scores.probability?.kind ?? 'choice'} over axis ${told}`), axis: told }
  if (shape.length !== 4)
    return { kind: fact('unknown', 'assumed', `neither name nor shape, ${shapeText(shape)}, tells`, ['detections', 'keypoints']) }
  const channels = lastIsChannels(output) ? 3 : 1
  const from = `several numbers at each place, ${shapeText(shape)}`
  if (task === 'segmentation') return { kind: fact('segmentation', 'convention', from), axis: channels }
  if (coversPicture(output, channels))
    return { kind: fact('segmentation', 'convention', `several numbers at each pixel of the picture, ${shapeText(shape)}`), axis: channels }
  const enlarged = enlargedAtEnd(output)
  if (enlarged !== undefined && enlarged >= fewestClasses)
    return { kind: fact('segmentation', 'convention', `a map of ${enlarged} channels, resized at the end`), axis: 1 }
  return { kind: fact('segmentation', 'assumed', from, ['embedding', 'detections']), axis: channels }
}

/** Channels of the convolution, or sum of such, whose result the network resizes at its end, to sizes that may hang on the picture's; undefined for other ends. */
function enlargedAtEnd({ graph, scores }: Placed): number | undefined {
  const last = graph.producers.get(scores.tensor)
  if (last?.operator !== 'Resize' && last?.operator !== 'Upsample') return undefined
  const made = graph.producers.get(last.inputs[0] ?? '')
  const convolved = made?.operator === 'Add' ? made.inputs.map((name) => graph.producers.get(name)) : [made]
  if (!convolved.every((each) => each?.operator === 'Conv')) return undefined
  return weightShape(graph, convolved[0]?.inputs[1] ?? '')?.[0]
}

// up to three are colours, directions or motion as often as classes
const fewestClasses = 4

/** Whether there is a number for each class at each pixel: as many rows and columns as the picture has. */
function coversPicture({ images, shape }: Placed, channels: 1 | 3): boolean {
  const sides = (dims: Shape, axis: number): string => dims.filter((_, i) => i > 0 && i !== axis).join('×')
  const count = shape[channels]
  const ofPicture = images?.length === 4 && sides(images, typeof images[1] === 'number' && images[1] <= 4 ? 1 : 3)
  return typeof count === 'number' && count >= fewestClasses && ofPicture === sides(shape, channels)
}

/** [N, 1, H, W] or [N, H, W, 1]. */
function ofOneChannel({ scores, labels, task, shape }: Placed): Looked {
  const axis = shape.findIndex((dim, i) => i > 0 && dim === 1)
  if (task === 'depth') return { kind: fact('depth', 'convention', 'one number at each place') }
  if (scores.probability?.kind === 'sigmoid')
    return { kind: fact('mask', 'graph', `${scores.probability.node.name} (Sigmoid) at each place`), axis }
  if (labels === 1 || labels === 2 || task === 'segmentation')
    return { kind: fact('mask', 'convention', 'one number at each place, and one class'), axis }
  return { kind: fact('mask', 'assumed', 'one number at each place', ['depth', 'segmentation']), axis }
}

/** Whether the channels are last: a Transpose put them there, or they are fewer. */
function lastIsChannels({ graph, name, scores, shape }: Placed): boolean {
  for (const tensor of [name, scores.tensor]) {
    const maker = graph.producers.get(tensor)
    if (maker && traitsOf(maker).moves === 'permutes') {
      const perm = maker.attributes.get('perm')?.ints.map(Number) ?? []
      if (perm.at(-1) === 1) return true
      if (perm[1] === 3) return false
    }
  }
  return typeof shape[3] === 'number' && typeof shape[1] === 'number' && shape[3] < shape[1]
}
