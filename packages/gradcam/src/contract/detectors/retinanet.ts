/**
 * @file RetinaNet and EfficientDet before their boxes are decoded: classes and offsets to nine anchors at each place of strides 8 to 128. The
 * anchors are not in the file, and families order them differently: readings exclude each other.
 */
import type { Activation, BoxChannels, Decoding, Places } from '../decoding.ts'
import { anchorsEach, anchorStrides, detectronAnchors, efficientDetAnchors, mmdetectionAnchors, torchvisionAnchors } from './anchors.ts'
import type { Detector, DetectorQuestion, Verdict } from './detector.ts'
import { at, boxRole, headsByStride, headsOfAll, inRoles, type Place, rolesAcross } from './grids.ts'
import { pair } from './pairs.ts'
import { waysOf } from './score-ways.ts'

const names = /cls|class|score|logit/i

/** [N, places·9, L] and [N, places·9, 4]; or [N, 9·L, rows, columns] and [N, 36, rows, columns] of each stride. */
export function retinaNet(question: DetectorQuestion): Verdict {
  return joined(question) ?? apart(question)
}

function joined(question: DetectorQuestion): Verdict {
  const { labels } = question
  const heads = headsOfAll(question, anchorStrides, anchorsEach)
  const [boxes, classes] = (heads?.length === 2 && inRoles(heads, [boxRole, { channels: undefined, names }])) || []
  if (!boxes || !classes || (labels > 0 && ![labels, labels + 1].includes(classes.channels))) return undefined
  const raw = rawOf(question, { ...boxes, tensor: [boxes.tensor] }, { ...classes, tensor: [classes.tensor] }, 1)
  const roles = { [boxes.tensor]: 'boxes', [classes.tensor]: 'scores' } as const
  const decoded = pair(question)
  if (!decoded || !('detector' in decoded)) return { detector: { ...raw, roles } }
  // boxes may be decoded in the graph: they lie near their places then
  return { detector: { ...decoded.detector, lieAt: { strides: anchorStrides, offset: 0.5, order: 'places' }, otherwise: raw } }
}

function apart(question: DetectorQuestion): Verdict {
  const { labels } = question
  const levels = headsByStride(question, anchorStrides)
  const boxes36 = { ...boxRole, channels: 4 * anchorsEach }
  const [boxes, classes] =
    (levels && rolesAcross(levels, [boxes36, { channels: labels > 0 ? anchorsEach * labels : undefined, names }])) ?? []
  if (!boxes || !classes || boxes.rank !== 4 || classes.channels % anchorsEach !== 0) return undefined
  const roles = Object.fromEntries([
    ...boxes.tensor.map((name) => [name, 'boxes'] as const),
    ...classes.tensor.map((name) => [name, 'scores'] as const),
  ])
  return { detector: { ...rawOf(question, boxes, classes, anchorsEach), roles } }
}

/** One convention of anchors, and of what is written about them. */
interface Way {
  name: string
  places: Places
  format: BoxChannels['format']
}

function rawOf(question: DetectorQuestion, boxes: Place, classes: Place, groups: number): Omit<Detector, 'roles'> {
  const { size = { height: 0, width: 0 } } = question
  // the anchors of one place share an axis, or follow each other
  const order: Places['order'] = groups > 1 && boxes.axis === 1 ? 'anchors' : 'places'
  const shared = groups > 1 ? { groups } : {}
  const own = likely(question, [...boxes.tensor, ...classes.tensor])
  const all: Way[] = [
    { name: 'torchvision', places: torchvisionAnchors, format: 'cxcywh' },
    { name: 'detectron2', places: detectronAnchors, format: 'cxcywh' },
    { name: 'EfficientDet', places: efficientDetAnchors(size), format: 'cycxhw' },
  ]
  // torchvision joins its heads; MMDetection has the same order
  const listed = groups > 1 ? [{ name: 'MMDetection', places: mmdetectionAnchors, format: 'cxcywh' } as const, ...all.slice(1)] : all
  const ways = listed.toSorted((a, b) => Number(b.name === own?.name) - Number(a.name === own?.name))
  const reading = ({ places, format }: Way, activation: Activation): Decoding => ({
    boxes: { ...at(boxes), ...shared, format, units: 'anchors', activations: ['none', 'none', 'exp', 'exp'], places: { ...places, order } },
    classes: { ...at(classes), ...shared, activation },
  })
  const each = ways.flatMap((way) => waysOf(question, classes).map((activation) => ({ way, reading: reading(way, activation) })))
  return {
    family: 'RetinaNet or EfficientDet, raw',
    source: 'convention',
    from: `${anchorsEach} candidates at each place of strides ${anchorStrides.join(', ')}`,
    readings: each.map((one) => one.reading),
    ways: each.map(({ way: { name, places, format } }) => `anchors of ${name}, ${format}, offset ${places.offset ?? 0}`),
    exclusive: true,
    ...(own ? { likeliest: own.why } : {}),
  }
}

/** Whose names the outputs have. */
function likely({ architecture = '' }: DetectorQuestion, tensors: readonly string[]): { name: string; why: string } | undefined {
  const [a = '', b = ''] = tensors
  if (/efficient_?det/i.test(architecture)) return { name: 'EfficientDet', why: `the architecture is ${architecture}` }
  if (a === 'bbox_regression' && b === 'cls_logits') return { name: 'torchvision', why: `outputs are called ${a} and ${b}` }
  return undefined
}
