/** @file Detectors with NonMaxSuppression inside: what it chooses from, as long as there are as many candidates in every image. */
import { attributesOf } from '../../graph/attributes.ts'
import { type DetectorQuestion, fixed, type Verdict } from './detector.ts'

/** Boxes [N, A, 4] and scores [N, L, A] in front of the last NonMaxSuppression. */
export function beforeSuppression({ graph, shapeOf }: DetectorQuestion): Verdict {
  const node = graph.nodes.findLast(({ operator, domain }) => operator === 'NonMaxSuppression' && domain === '')
  const [boxes = '', scores = ''] = node?.inputs ?? []
  const [own, its] = [shapeOf(boxes), shapeOf(scores)]
  const candidates = fixed(own?.[1])
  if (!node || own?.length !== 3 || its?.length !== 3 || own[2] !== 4 || candidates === undefined || its[2] !== candidates) return undefined
  // corners may be x first or y first, which overlaps do not tell: such boxes are told apart by index alone
  const centred = attributesOf(node).int('center_point_box', 0) === 1
  const classes = { tensor: scores, axis: 1 }
  const from = `${node.name} chooses among ${candidates} candidates`
  const readings = centred
    ? (['pixels', 'normalised'] as const).map((units) => ({ classes, boxes: { tensor: boxes, format: 'cxcywh' as const, units } }))
    : [{ classes }]
  return { detector: { family: 'candidates before NonMaxSuppression', source: 'graph', from, readings, roles: {} } }
}
