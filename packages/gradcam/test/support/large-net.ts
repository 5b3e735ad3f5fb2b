/** @file A network whose file is so large that its weights stay on disk. */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from './build.ts'
import { numbers } from './finite-differences.ts'

const int64 = (value: number): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) })
const wide = 2048
/** The file of a network of 17 MB. */
export const largeNet = (seed = 0): Uint8Array =>
  buildModel({
    inputs: { x: ['N', 3, 8, 8] },
    outputs: { logits: ['N', 5] },
    weights: {
      w1: numbers(1, [16, 3, 3, 3], -0.5, 0.5),
      b1: numbers(2, [16], 0, 0.5),
      fc1: numbers(3, [16, wide], -0.2, 0.2),
      // 16 MB
      fc2: numbers(4 + seed, [wide, wide], -0.02, 0.02),
      fc3: numbers(5, [wide, 5], -0.1, 0.1),
      zero: int64(0),
      one: int64(1),
      wide: int64(wide),
      small: float32([1e-4], []),
    },
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', { pads: [1, 1, 1, 1] }),
      node('Relu', ['c1'], 'features'),
      node('GlobalAveragePool', ['features'], 'pooled'),
      node('Flatten', ['pooled'], 'flat'),
      node('MatMul', ['flat', 'fc1'], 'h1'),
      node('Relu', ['h1'], 'a1'),
      node('MatMul', ['a1', 'fc2'], 'h2'),
      // values that hang on constants alone, and are too many to be followed
      node('Range', ['zero', 'wide', 'one'], 'places'),
      node('Cast', ['places'], 'numbered', { to: 1 }),
      node('Mul', ['numbered', 'small'], 'slope'),
      node('Add', ['h2', 'slope'], 'h3'),
      node('Relu', ['h3'], 'a2'),
      node('MatMul', ['a2', 'fc3'], 'logits'),
    ],
  })
