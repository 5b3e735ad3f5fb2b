/** @file What outputs hold and what a network is for, told from small graphs, names, and files. */
import { describe, expect, test } from 'vitest'
import { outputContracts } from '../../src/contract/output.ts'
import type { OutputContract } from '../../src/contract/output-kind.ts'
import { taskOf, type TaskPlaces } from '../../src/contract/task.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import type { Shape } from '../../src/graph/graph.ts'
import { readModel } from '../../src/graph/model.ts'
import { toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { type ModelSpec, modelProto, node, type NodeSpec } from '../support/build.ts'

const one = (value: number): Tensor => float32([value], [])

interface Sketch {
  nodes: readonly NodeSpec[]
  outputs: Readonly<Record<string, Shape>>
  weights?: Readonly<Record<string, Tensor>>
  labels?: number
  /** Element types as ONNX numbers them, by output; 0 takes the shape away. */
  types?: Readonly<Record<string, number>>
}

function contractsOf({ nodes, outputs, weights = {}, labels = 0, types = {} }: Sketch): OutputContract[] {
  const spec: ModelSpec = { inputs: { x: ['N', 3, 8, 8] }, outputs, nodes, weights, domains: ['ai.onnx.ml'] }
  const proto = modelProto(spec)
  for (const { name, type } of proto.graph?.output ?? []) {
    if (type?.value.case !== 'tensorType' || !Object.hasOwn(types, name)) continue
    if (types[name] === 0) delete type.value.value.shape
    else type.value.value.elemType = types[name] as number
  }
  return outputContracts(readModel(toBinary(ModelProtoSchema, proto)).graph, () => undefined, { labels })
}

const uint8 = 2
const int64 = 7
const from = (operator: string, output = 'y', ...inputs: string[]): NodeSpec => node(operator, inputs.length > 0 ? inputs : ['x'], output)

// a line of text: its one row is taken away, each column gives scores of 37 symbols
const symbols = float32(new Float32Array(3 * 37), [3, 37])
const squeezed = (output: string): NodeSpec => node('Squeeze', ['x', 'row'], output)
const averaged = node('ReduceMean', ['x'], 'c', { axes: [2], keepdims: 0 })
const scored = [node('Transpose', ['c'], 't', { perm: [0, 2, 1] }), node('MatMul', ['t', 'w'], 'l')]
const line = [squeezed('c'), ...scored]
const tokens = [node('Reshape', ['x', 'flat'], 'c'), ...scored]
const forms: Readonly<Record<string, Tensor>> = {
  w: symbols,
  row: { type: 'int64', dims: [1], data: BigInt64Array.of(2n) },
  flat: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 3n, -1n) },
}

const resizedMap = [node('Conv', ['x', 'filters'], 'c'), node('Resize', ['c', '', 'twice'], 'y')]
const filtersOf = (count: number): Readonly<Record<string, Tensor>> => ({
  filters: float32(new Float32Array(count * 3), [count, 3, 1, 1]),
  twice: float32([1, 1, 2, 2], [4]),
})

describe('one output', () => {
  const cases: readonly (readonly [string, Omit<Sketch, 'outputs'>, Shape, string, string, string?])[] = [
    ['softmax at the end', { nodes: [from('Softmax')] }, ['N', 10], 'probabilities', 'graph'],
    ['behind a reshape', { nodes: [from('Softmax', 's'), from('Flatten', 'y', 's')] }, ['N', 10], 'probabilities', 'graph'],
    ['log-softmax', { nodes: [from('LogSoftmax')] }, ['N', 10], 'logits', 'graph'],
    [
      'percent',
      { nodes: [from('Softmax', 's'), from('Mul', 'y', 's', 'hundred')], weights: { hundred: one(100) } },
      ['N', 10],
      'percent',
      'graph',
    ],
    [
      'percent, the other way round',
      { nodes: [from('Sigmoid', 's'), from('Mul', 'y', 'hundred', 's')], weights: { hundred: one(100) } },
      ['N', 10],
      'percent',
      'graph',
    ],
    [
      'half a probability is none',
      { nodes: [from('Softmax', 's'), from('Mul', 'y', 's', 'half')], weights: { half: one(0.5) } },
      ['N', 10],
      'logits',
      'assumed',
    ],
    [
      'the product of two',
      { nodes: [from('Softmax', 's'), from('Sigmoid', 't'), from('Mul', 'y', 's', 't')] },
      ['N', 10],
      'logits',
      'assumed',
    ],
    ['as many as labels', { nodes: [from('Relu')], labels: 10 }, ['N', 10], 'logits', 'convention'],
    ['any vector', { nodes: [from('Relu')] }, ['N', 10], 'logits', 'assumed'],
    ['a vector without a batch', { nodes: [from('Relu')] }, [10], 'logits', 'assumed'],
    ['[N, C, 1, 1]', { nodes: [from('Softmax')] }, ['N', 10, 1, 1], 'probabilities', 'graph'],
    ['[N, 1, 1, C]', { nodes: [from('Softmax')] }, ['N', 1, 1, 10], 'probabilities', 'graph'],
    ['one number', { nodes: [from('Relu')] }, ['N', 1], 'value', 'convention'],
    ['one probability', { nodes: [from('Sigmoid')] }, ['N', 1], 'probabilities', 'graph'],
    ['ArgMax', { nodes: [from('ArgMax')], types: { y: int64 } }, ['N'], 'classes', 'graph'],
    ['ArgMax of a segmentation', { nodes: [from('ArgMax')], types: { y: int64 } }, ['N', 8, 8], 'class-map', 'graph'],
    [
      'scores of 8 bits',
      { nodes: [from('Softmax', 's'), from('QuantizeLinear', 'y', 's', 'step')], weights: { step: one(1 / 256) }, types: { y: uint8 } },
      ['N', 10],
      'probabilities',
      'graph',
    ],
    ['segmentation, channels first', { nodes: [from('Relu')], labels: 3 }, ['N', 3, 64, 64], 'segmentation', 'convention'],
    ['segmentation, channels last', { nodes: [from('Relu')], labels: 3 }, ['N', 64, 64, 3], 'segmentation', 'convention'],
    ['a number for each class at each pixel', { nodes: [from('Relu')] }, ['N', 5, 8, 8], 'segmentation', 'convention'],
    ['colours', { nodes: [from('Relu')] }, ['N', 3, 8, 8], 'segmentation', 'assumed'],
    ['a map without labels', { nodes: [from('Relu')] }, ['N', 21, 64, 64], 'segmentation', 'assumed'],
    ['one number at each place', { nodes: [from('Relu')] }, ['N', 1, 64, 64], 'mask', 'assumed'],
    ['boxes by their rows', { nodes: [from('Relu')] }, ['N', 300, 4], 'boxes', 'convention'],
    ['YOLO', { nodes: [from('Relu')], labels: 80 }, ['N', 84, 8400], 'detections', 'convention'],
    ['scores of candidates', { nodes: [from('Relu')], labels: 91 }, ['N', 300, 91], 'scores', 'convention'],
    [
      'steps of a recurrent layer',
      { nodes: [node('LSTM', ['x', 'x', 'x'], 'h', { hidden_size: 1 }), from('Relu', 'y', 'h')] },
      [24, 'N', 37],
      'sequence',
      'graph',
    ],
    ['columns of a line of text', { nodes: [...line, from('Softmax', 'y', 'l')], weights: forms }, ['N', 40, 37], 'sequence', 'graph'],
    [
      'the same before softmax',
      { nodes: [...line.slice(0, 2), node('MatMul', ['t', 'w'], 'y')], weights: forms },
      ['N', 40, 37],
      'sequence',
      'graph',
    ],
    [
      'the same averaged over rows',
      { nodes: [averaged, ...line.slice(1), from('Softmax', 'y', 'l')], weights: forms },
      ['N', 40, 37],
      'sequence',
      'graph',
    ],
    [
      'tokens of a picture with softmax',
      { nodes: [...tokens, from('Softmax', 'y', 'l')], weights: forms },
      ['N', 40, 37],
      'unknown',
      'assumed',
    ],
    [
      'a map of six channels resized at its end',
      { nodes: resizedMap, weights: filtersOf(6) },
      ['N', 'C', 'H', 'W'],
      'segmentation',
      'convention',
    ],
    ['colours resized at their end', { nodes: resizedMap, weights: filtersOf(3) }, ['N', 'C', 'H', 'W'], 'segmentation', 'assumed'],
    ['a map squeezed at its end', { nodes: [squeezed('y')], weights: forms }, ['N', 40, 37], 'unknown', 'assumed'],
    ['rows of anything', { nodes: [from('Relu')] }, ['N', 50, 37], 'unknown', 'assumed'],
    ['no shape, softmax', { nodes: [from('Softmax')], types: { y: 0 } }, [], 'probabilities', 'graph'],
    ['no shape', { nodes: [from('Relu')], types: { y: 0 } }, [], 'unknown', 'assumed'],
  ]
  for (const [title, sketch, shape, kind, source] of cases)
    test(title, () => {
      expect(contractsOf({ ...sketch, outputs: { y: shape } })).toMatchObject([{ name: 'y', kind: { value: kind, source } }])
    })

  test.each([
    ['image_embeds', ['N', 512], 'embedding'],
    ['pred_boxes', ['N', 100, 4], 'boxes'],
    ['predicted_depth', ['N', 64, 64], 'depth'],
    ['heatmaps', ['N', 17, 64, 48], 'keypoints'],
    ['pred_masks', ['N', 100, 16, 16], 'mask'],
    ['class_logits', ['N', 10], 'logits'],
  ] as const)('by the name %s', (name, shape, kind) => {
    expect(contractsOf({ nodes: [from('Relu', name)], outputs: { [name]: shape } })).toMatchObject([
      { kind: { value: kind, source: 'convention' } },
    ])
  })

  test('a name is weaker than what is computed, and than as many values as labels', () => {
    expect(contractsOf({ nodes: [from('Softmax', 'features')], outputs: { features: ['N', 4] } })).toMatchObject([
      { kind: { value: 'probabilities' } },
    ])
    expect(contractsOf({ nodes: [from('Relu', 'features')], outputs: { features: ['N', 4] }, labels: 4 })).toMatchObject([
      { kind: { value: 'logits' } },
    ])
  })

  test.each([
    [['N', 10], 0, { axis: 1, count: 10 }],
    [['N', 3, 64, 64], 3, { axis: 1, count: 3 }],
    [['N', 64, 64, 3], 3, { axis: 3, count: 3 }],
    [['N', 64, 64, 21], 0, { axis: 3, count: 21 }],
    [['N', 'C'], 0, undefined],
    [['N', 300, 4], 0, undefined],
  ] as const)('classes of %j with %i labels', (shape, labels, classes) => {
    expect(contractsOf({ nodes: [from('Relu')], outputs: { y: shape }, labels })[0]?.classes).toEqual(classes)
  })
})

describe('what a network is for', () => {
  const told = (places: Partial<TaskPlaces>) =>
    taskOf({ given: undefined, saved: undefined, metadata: [], config: undefined, outputs: [], ...places })
  const architectures = (name: string) => ({ architectures: [name] })
  test.each([
    [{ given: 'depth', saved: 'embedding' }, 'depth', 'given'],
    [{ saved: 'embedding', metadata: [{ key: 'task', value: 'detect' }] }, 'embedding', 'stated'],
    [{ metadata: [{ key: 'task', value: 'pose' }] }, 'detection', 'stated'],
    [{ metadata: [{ key: 'task', value: 'classify' }] }, 'classification', 'stated'],
    [{ metadata: [{ key: 'task', value: 'constructor' }] }, undefined, 'assumed'],
    [{ config: { problem_type: 'multi_label_classification', ...architectures('ViTForImageClassification') } }, 'multi-label', 'stated'],
    [{ config: { problem_type: { toString: 1 }, ...architectures('ViTForImageClassification') } }, 'classification', 'class'],
    [{ config: architectures('DetrForObjectDetection') }, 'detection', 'class'],
    [{ config: architectures('OwlViTForZeroShotObjectDetection') }, 'detection', 'class'],
    [{ config: architectures('SegformerForSemanticSegmentation') }, 'segmentation', 'class'],
    [{ config: architectures('DPTForDepthEstimation') }, 'depth', 'class'],
    [{ config: architectures('VitPoseForPoseEstimation') }, 'keypoints', 'class'],
    [{ config: architectures('Dinov2Model') }, 'embedding', 'class'],
    [{ config: { architectures: [7] } }, undefined, 'assumed'],
  ] as const)('%j', (places, value, source) => {
    expect(told(places as Partial<TaskPlaces>)).toMatchObject({ source })
    expect(told(places as Partial<TaskPlaces>).value).toBe(value)
  })

  test.each([
    ['probabilities', { nodes: [from('Softmax')], outputs: { y: ['N', 4] } }, 'classification', 'convention'],
    ['a mask', { nodes: [from('Sigmoid')], outputs: { y: ['N', 1, 8, 8] } }, 'segmentation', 'convention'],
    ['a vector', { nodes: [from('Relu')], outputs: { y: ['N', 4] } }, 'classification', 'assumed'],
    ['an embedding', { nodes: [from('Relu', 'embedding')], outputs: { embedding: ['N', 4] } }, 'embedding', 'convention'],
    ['one number', { nodes: [from('Relu')], outputs: { y: ['N', 1] } }, 'regression', 'convention'],
    ['nothing that is declared', { nodes: [from('Relu')], outputs: { y: [] }, types: { y: 0 } }, undefined, 'assumed'],
    [
      'scores before boxes',
      { nodes: [from('Softmax', 's'), from('Relu', 'boxes')], outputs: { s: ['N', 9, 3], boxes: ['N', 9, 4] }, labels: 3 },
      'detection',
      'convention',
    ],
    ['an index', { nodes: [from('ArgMax')], outputs: { y: ['N'] }, types: { y: int64 } }, 'classification', 'convention'],
    ['a class of each pixel', { nodes: [from('ArgMax')], outputs: { y: ['N', 8, 8] }, types: { y: int64 } }, 'segmentation', 'convention'],
  ] as const)('by outputs: %s', (_, sketch, value, source) => {
    const task = told({ outputs: contractsOf(sketch) })
    expect(task).toMatchObject({ source })
    expect(task.value).toBe(value)
  })
})
