/** @file Small models of many kinds that declare all their shapes, as food for mutation. */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import type { Shape } from '../../src/graph/graph.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from './build.ts'

const weight = (...dims: number[]) =>
  float32(
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    dims,
  )

/** A model whose inner tensors are declared, so that no runtime is asked. */
function declared(spec: ModelSpec, shapes: Readonly<Record<string, Shape>>): Uint8Array {
  const whole = fromBinary(ModelProtoSchema, buildModel({ ...spec, outputs: { ...spec.outputs, ...shapes } }))
  const graph = whole.graph
  if (!graph) throw new Error('no graph')
  const outputs = new Set(Object.keys(spec.outputs))
  graph.valueInfo = graph.output.filter(({ name }) => !outputs.has(name))
  graph.output = graph.output.filter(({ name }) => outputs.has(name))
  return toBinary(ModelProtoSchema, whole)
}

const cnn = declared(
  {
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { prob: ['N', 4] },
    weights: { w: weight(4, 3, 3, 3), v: weight(4, 4), b: weight(4) },
    nodes: [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
      node('Relu', ['c'], 'r'),
      node('MaxPool', ['r'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Relu', ['p'], 'q'),
      node('GlobalAveragePool', ['q'], 'g'),
      node('Flatten', ['g'], 'f'),
      node('Gemm', ['f', 'v', 'b'], 'logits', { transB: 1 }),
      node('Softmax', ['logits'], 'prob', { axis: 1 }),
    ],
  },
  {
    c: ['N', 4, 8, 8],
    r: ['N', 4, 8, 8],
    p: ['N', 4, 4, 4],
    q: ['N', 4, 4, 4],
    g: ['N', 4, 1, 1],
    f: ['N', 4],
    logits: ['N', 4],
  },
)

const deep = declared(
  {
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 2] },
    weights: { w: weight(4, 3, 3, 3), u: weight(4, 1, 3, 3), m: weight(64, 2), half: float32([0.5], []) },
    nodes: [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], 'r'),
      node('Conv', ['r', 'u'], 'd', { group: 4, pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('LRN', ['d'], 'l', { size: 3 }),
      node('AveragePool', ['l'], 'a', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('Sigmoid', ['a'], 's'),
      node('Mul', ['a', 's'], 'k'),
      node('Concat', ['k', 'd'], 'e', { axis: 1 }),
      node('Transpose', ['e'], 't', { perm: [0, 2, 3, 1] }),
      node('Slice', ['t'], 'z', { starts: [0], ends: [4], axes: [3] }),
      node('Mul', ['z', 'half'], 'h'),
      node('Reshape', ['h'], 'flat', { shape: [1, 64] }),
      node('MatMul', ['flat', 'm'], 'y'),
    ].map((each) => (each.operator === 'Reshape' ? node('Flatten', ['h'], 'flat') : each)),
    opset: 9,
  },
  {
    c: [1, 4, 8, 8],
    r: [1, 4, 8, 8],
    d: [1, 4, 4, 4],
    l: [1, 4, 4, 4],
    a: [1, 4, 4, 4],
    s: [1, 4, 4, 4],
    k: [1, 4, 4, 4],
    e: [1, 8, 4, 4],
    t: [1, 4, 4, 8],
    z: [1, 4, 4, 4],
    h: [1, 4, 4, 4],
    flat: [1, 64],
  },
)

export const fuzzSeeds: readonly Uint8Array[] = [cnn, deep]
