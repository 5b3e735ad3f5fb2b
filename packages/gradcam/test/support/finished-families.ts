/** @file The ends of detectors whose answers are finished in the graph, in the manner of those who export them. */
import { node, type NodeSpec } from './build.ts'
import type { Finish } from './exporter-detectors.ts'

const from1: NodeSpec = node('Add', ['kind', 'c1'], 'labels')
const shares = (boxes: string, to: string): NodeSpec => node('Div', [boxes, 'side'], to)

/** [k] as float32 [k, 1]. */
const column = (name: string, whole: boolean): NodeSpec[] => [
  ...(whole ? [node('Cast', [name], `${name}/float`, { to: 1 })] : []),
  node('Unsqueeze', [whole ? `${name}/float` : name, 'c1'], `${name}/1`),
]

/** Rows [k, 6] of the parts in an order. */
const rows = (...parts: readonly string[]): NodeSpec[] => [
  ...column('sure', false),
  ...column('kind', true),
  node('Concat', parts, 'rows6', { axis: 1 }),
]

/** [k, 6] as [1, 8, 6], filled up with rows of zeros. */
const padded: readonly NodeSpec[] = [
  node('Concat', ['rows6', 'none'], 'long', { axis: 0 }),
  node('Slice', ['long', 'c0', 'c8', 'c0'], 'eight-rows'),
  node('Unsqueeze', ['eight-rows', 'c0'], 'padded'),
]

/** Columns of `padded` as outputs of their own. */
const apart = (name: string, from: string, to: string, last: boolean): NodeSpec[] => [
  node('Slice', ['padded', from, to, 'c2'], last ? `${name}/column` : name),
  ...(last ? [node('Squeeze', [`${name}/column`, 'c2'], name)] : []),
]

const yolo = rows('kept', 'sure/1', 'kind/1')

export const finishes = {
  torchvision: {
    outputs: { boxes: ['k', 4], labels: ['l'], scores: ['s'] },
    whole: ['labels'],
    from: 'suppressed',
    nodes: [node('Identity', ['kept'], 'boxes'), from1, node('Identity', ['sure'], 'scores')],
  },
  'torchvision without names': {
    outputs: { '2535': ['k', 4], '2597': ['s'], '2600': ['l'] },
    whole: ['2600'],
    from: 'suppressed',
    nodes: [node('Identity', ['kept'], '2535'), node('Add', ['kind', 'c1'], '2600'), node('Identity', ['sure'], '2597')],
  },
  TensorFlow: {
    outputs: {
      'detection_boxes:0': [1, 8, 4],
      'detection_classes:0': [1, 8],
      'detection_scores:0': [1, 8],
      'num_detections:0': [1],
      raw_detection_scores: [1, 20, 3],
    },
    from: 'suppressed',
    nodes: [
      // y first, in shares, classes from 1
      node('Gather', ['kept', 'swap'], 'yx', { axis: 1 }),
      node('Div', ['yx', 'side'], 'yx/share'),
      node('Add', ['kind', 'c1'], 'kind+1'),
      ...column('sure', false),
      ...column('kind+1', true),
      node('Concat', ['yx/share', 'sure/1', 'kind+1/1'], 'rows6', { axis: 1 }),
      ...padded,
      ...apart('detection_boxes:0', 'c0', 'c4', false),
      ...apart('detection_scores:0', 'c4', 'c5', true),
      ...apart('detection_classes:0', 'c5', 'c6', true),
      node('Shape', ['sure'], 'count'),
      node('Cast', ['count'], 'num_detections:0', { to: 1 }),
      node('Identity', ['each'], 'raw_detection_scores'),
    ],
  },
  'SSD of the ONNX zoo': {
    outputs: { bboxes: [1, 'k', 4], labels: [1, 'k'], scores: [1, 'k'] },
    whole: ['labels'],
    from: 'suppressed',
    nodes: [
      shares('kept', 'kept/share'),
      node('Unsqueeze', ['kept/share', 'c0'], 'bboxes'),
      node('Add', ['kind', 'c1'], 'kind+1'),
      node('Unsqueeze', ['kind+1', 'c0'], 'labels'),
      node('Unsqueeze', ['sure', 'c0'], 'scores'),
    ],
  },
  EfficientNMS: {
    outputs: { num_dets: [1, 1], det_boxes: [1, 8, 4], det_scores: [1, 8], det_classes: [1, 8] },
    whole: ['num_dets', 'det_classes'],
    from: 'suppressed',
    nodes: [
      ...yolo,
      ...padded,
      ...apart('det_boxes', 'c0', 'c4', false),
      ...apart('det_scores', 'c4', 'c5', true),
      ...apart('classes', 'c5', 'c6', true),
      node('Cast', ['classes'], 'det_classes', { to: 7 }),
      node('Shape', ['sure'], 'count'),
      node('Unsqueeze', ['count', 'c0'], 'num_dets'),
    ],
  },
  MMDeploy: {
    outputs: { dets: [1, 'k', 5], labels: [1, 'k'] },
    whole: ['labels'],
    from: 'suppressed',
    nodes: [
      ...column('sure', false),
      node('Concat', ['kept', 'sure/1'], 'five', { axis: 1 }),
      node('Unsqueeze', ['five', 'c0'], 'dets'),
      node('Unsqueeze', ['kind', 'c0'], 'labels'),
    ],
  },
  'YOLO with nms=True': {
    outputs: { output0: [1, 8, 6] },
    from: 'suppressed',
    nodes: [...yolo, ...padded, node('Identity', ['padded'], 'output0')],
  },
  'YOLO v7 end to end': {
    outputs: { output: ['k', 7] },
    from: 'suppressed',
    nodes: [
      ...column('sure', false),
      ...column('kind', true),
      node('Slice', ['chosen', 'c0', 'c1', 'c1'], 'image/whole'),
      node('Cast', ['image/whole'], 'image/number', { to: 1 }),
      node('Concat', ['image/number', 'kept', 'kind/1', 'sure/1'], 'output', { axis: 1 }),
    ],
  },
  'class before score': {
    outputs: { y: ['k', 6] },
    from: 'suppressed',
    nodes: [...rows('kept', 'kind/1', 'sure/1'), node('Identity', ['rows6'], 'y')],
  },
  PaddleDetection: {
    outputs: { 'multiclass_nms3_0.tmp_0': ['k', 6], 'multiclass_nms3_0.tmp_2': ['n'] },
    whole: ['multiclass_nms3_0.tmp_2'],
    from: 'suppressed',
    inputs: { im_shape: [1, 2], scale_factor: [1, 2] },
    nodes: [
      node('Concat', ['scale_factor', 'scale_factor'], 'yxyx', { axis: 1 }),
      node('Gather', ['yxyx', 'swap'], 'scales', { axis: 1 }),
      node('Div', ['kept', 'scales'], 'own'),
      ...rows('kind/1', 'sure/1', 'own'),
      node('Identity', ['rows6'], 'multiclass_nms3_0.tmp_0'),
      node('Shape', ['sure'], 'multiclass_nms3_0.tmp_2'),
    ],
  },
  'RT-DETR with its post-processing': {
    outputs: { labels: [1, 5], boxes: [1, 5, 4], scores: [1, 5] },
    whole: ['labels'],
    from: 'sorted',
    inputs: { orig_target_sizes: [1, 2] },
    types: { orig_target_sizes: 'int64' },
    nodes: [
      shares('where', 'where/share'),
      node('Cast', ['orig_target_sizes'], 'sizes', { to: 1 }),
      node('Concat', ['sizes', 'sizes'], 'sizes4', { axis: 1 }),
      node('Unsqueeze', ['sizes4', 'c1'], 'sizes/each'),
      node('Mul', ['where/share', 'sizes/each'], 'boxes'),
      node('Identity', ['which'], 'labels'),
      node('Identity', ['best'], 'scores'),
    ],
  },
  'YOLO without suppression': {
    outputs: { output0: [1, 5, 6] },
    from: 'sorted',
    nodes: [
      node('Unsqueeze', ['best', 'c2'], 'best/1'),
      node('Cast', ['which'], 'which/float', { to: 1 }),
      node('Unsqueeze', ['which/float', 'c2'], 'which/1'),
      node('Concat', ['where', 'best/1', 'which/1'], 'output0', { axis: 2 }),
    ],
  },
} satisfies Record<string, Finish>
