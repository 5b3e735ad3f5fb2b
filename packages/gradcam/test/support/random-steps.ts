/** @file The operators that random graphs are made of, each with random attributes. */
import { sizeOf } from '../../src/core/tensor.ts'
import type { Draft, Named, Steps } from './random-graphs.ts'

type Step = Steps[string]

const elementwise = (operators: readonly string[]): Steps =>
  Object.fromEntries(operators.map((operator): [string, Step] => [operator, ({ x, add }) => add(operator, [x.name], [x.shape])]))

/** With a tensor of the same shape, with itself, or with numbers whose shape broadcasts; divisors stay away from 0. */
const arithmetic =
  (operator: string): Step =>
  (draft) => {
    const { x, all, roll, fed, add } = draft
    const same = all.filter(({ shape }) => shape.join() === x.shape.join())
    const other = same[roll(same.length)] as Named
    const dims = x.shape.map((dim) => (roll(2) ? dim : 1)).slice(roll(x.shape.length + 1))
    if (operator === 'Div') add(operator, [x.name, fed(dims, 1, 2)], [x.shape])
    else if (roll(2)) add(operator, [x.name, other.name], [x.shape])
    else add(operator, roll(2) ? [x.name, fed(dims, -1, 1)] : [fed(dims, -1, 1), x.name], [x.shape])
  }

const reduced = ({ shape }: Named, axis: number, keepdims: number): number[] =>
  shape.flatMap((dim, i) => (i === axis ? (keepdims ? [1] : []) : [dim]))

/** Places of a window that slides over [height, width]. */
const windows = (
  places: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  pads: readonly number[],
): number[] =>
  places.map((size, i) => {
    const extent = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1
    return Math.floor((size + (pads[i] ?? 0) + (pads[i + 2] ?? 0) - extent) / (strides[i] ?? 1)) + 1
  })

const pool =
  (operator: string): Step =>
  ({ x, roll, add }) => {
    if (x.shape.length !== 4) return
    const kernel = [2 + roll(2), 2 + roll(2)]
    const [strides, pads] = [
      [1 + roll(2), 1 + roll(2)],
      [roll(2), roll(2), roll(2), roll(2)],
    ]
    const size = windows(x.shape.slice(2), kernel, strides, [1, 1], pads)
    const extra = operator === 'AveragePool' ? { count_include_pad: roll(2) } : {}
    add(operator, [x.name], [[...x.shape.slice(0, 2), ...size]], { kernel_shape: kernel, strides, pads, ...extra })
  }

const globalPool =
  (operator: string): Step =>
  ({ x, add }) => {
    if (x.shape.length === 4) add(operator, [x.name], [[...x.shape.slice(0, 2), 1, 1]])
  }

function flattened({ x, all, add }: Draft): Named {
  const [first = 1, ...rest] = x.shape.length === 1 ? [1, ...x.shape] : x.shape
  add('Flatten', [x.name], [[first, sizeOf(rest)]], { axis: x.shape.length === 1 ? 0 : 1 })
  return all.at(-1) as Named
}

const softmax =
  (operator: string): Step =>
  ({ x, roll, add }) =>
    add(operator, [x.name], [x.shape], { axis: roll(x.shape.length) - roll(2) * x.shape.length })

const reduction =
  (operator: string, axesAreInput: boolean): Step =>
  ({ x, roll, ints, add }) => {
    const [axis, keepdims] = [roll(x.shape.length), roll(2)]
    const shapes = [reduced(x, axis, keepdims)]
    if (axesAreInput) add(operator, [x.name, ints([axis])], shapes, { keepdims })
    else add(operator, [x.name], shapes, { axes: [axis], keepdims })
  }

/**
 * Operators that the runtime computes in float64, and whose gradients are made of such operators, too. Sigmoid is none:
 * ONNX Runtime 1.30 fuses x · sigmoid(x) into a QuickGelu that it cannot compute in float64.
 */
export const denseSteps: Steps = {
  ...elementwise(['Tanh', 'Identity', 'Dropout']),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div'),
  MatMul: ({ x, roll, fed, add }) => {
    const [inner, width] = [x.shape.at(-1) ?? 1, 1 + roll(4)]
    const stack = roll(2) ? [] : x.shape.slice(0, -2)
    if (x.shape.length >= 2)
      add('MatMul', [x.name, fed([...stack, inner, width], -1 / inner, 2 / inner)], [[...x.shape.slice(0, -1), width]])
  },
  Gemm: (draft) => {
    const { roll, fed, add } = draft
    const x = draft.x.shape.length === 2 ? draft.x : flattened(draft)
    const [transA, transB, width] = [roll(2), roll(2), 1 + roll(4)]
    const [rows, inner] = (transA ? [...x.shape].reverse() : x.shape) as [number, number]
    const bias = [[width], [rows, 1], [rows, width], undefined][roll(4)]
    const inputs = [x.name, fed(transB ? [width, inner] : [inner, width], -1 / inner, 2 / inner)]
    add('Gemm', bias ? [...inputs, fed(bias, -1, 1)] : inputs, [[rows, width]], {
      transA,
      transB,
      alpha: { float: 0.5 + roll(2) },
      beta: { float: 1.5 },
    })
  },
  Transpose: ({ x, roll, add }) => {
    const rest = x.shape.map((_, axis) => axis)
    const perm = x.shape.flatMap(() => rest.splice(roll(rest.length), 1))
    add('Transpose', [x.name], [perm.map((axis) => x.shape[axis] as number)], { perm })
  },
  Reshape: ({ x, roll, ints, add }) => {
    const size = sizeOf(x.shape)
    const parts = Array.from({ length: size }, (_, i) => i + 1).filter((part) => size % part === 0)
    const part = parts[roll(parts.length)] as number
    const [shape, asked] = [
      [
        [part, size / part],
        [part, -1],
      ],
      [
        [1, part, size / part],
        [1, -1, size / part],
      ],
      [
        [x.shape[0] as number, size / (x.shape[0] as number)],
        [0, -1],
      ],
    ][roll(3)] as [number[], number[]]
    add('Reshape', [x.name, ints(asked)], [shape])
  },
  Flatten: ({ x, roll, add }) => {
    const axis = roll(x.shape.length + 1)
    add('Flatten', [x.name], [[sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]], { axis })
  },
  Unsqueeze: ({ x, roll, ints, add }) => {
    const axis = roll(x.shape.length + 1)
    if (x.shape.length < 5) add('Unsqueeze', [x.name, ints([axis])], [[...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]])
  },
  Squeeze: ({ x, ints, add }) => {
    const axis = x.shape.indexOf(1)
    if (axis >= 0) add('Squeeze', [x.name, ints([axis])], [reduced(x, axis, 0)])
  },
  Slice: ({ x, roll, ints, add }) => {
    const axis = roll(x.shape.length)
    const size = x.shape[axis] as number
    const [start, stride, back] = [roll(size), 1 + roll(2), roll(3) === 0]
    const length = Math.ceil((back ? start + 1 : size - start) / stride)
    const inputs = [x.name, ints([start]), ints([back ? -1000 : 1000]), ints([axis]), ints([back ? -stride : stride])]
    add('Slice', inputs, [x.shape.map((dim, i) => (i === axis ? length : dim))])
  },
  Split: ({ x, roll, ints, add }) => {
    const axis = roll(x.shape.length)
    const size = x.shape[axis] as number
    const first = 1 + roll(Math.max(1, size - 1))
    const part = (length: number): number[] => x.shape.map((dim, i) => (i === axis ? length : dim))
    add('Split', [x.name, ints([first, size - first])], [part(first), part(size - first)], { axis })
  },
  Pad: ({ x, roll, ints, fixed, add }) => {
    const pads = [...x.shape, ...x.shape].map(() => roll(2))
    const mode = ['constant', 'edge', 'reflect'][roll(3)] as string
    if (mode === 'reflect' && x.shape.includes(1)) return
    const shape = x.shape.map((dim, i) => dim + (pads[i] ?? 0) + (pads[i + x.shape.length] ?? 0))
    add('Pad', [x.name, ints(pads), ...(mode === 'constant' ? [fixed([], 0.4, 0.6)] : [])], [shape], { mode })
  },
  Concat: ({ x, all, roll, add }) => {
    const axis = roll(x.shape.length)
    const fitting = all.filter(({ shape }) => shape.length === x.shape.length && shape.every((dim, i) => i === axis || dim === x.shape[i]))
    const other = fitting[roll(fitting.length)] as Named
    const shape = x.shape.map((dim, i) => (i === axis ? dim + (other.shape[i] as number) : dim))
    add('Concat', [x.name, other.name], [shape], { axis: axis - roll(2) * x.shape.length })
  },
  ReduceMean: reduction('ReduceMean', false),
  ReduceSum: reduction('ReduceSum', true),
  BatchNormalization: ({ x, fed, fixed, add }) => {
    const channels = [x.shape[1] ?? 1]
    const info = (): string[] => [fed(channels, 0.5, 1.5), fed(channels, -1, 1), fixed(channels, -0.5, 0.5), fixed(channels, 0.5, 1.5)]
    if (x.shape.length > 1) add('BatchNormalization', [x.name, ...info()], [x.shape])
  },
}

/** Operators of convolutional networks, among the others. */
export const imageSteps: Steps = {
  ...denseSteps,
  ...elementwise(['Sigmoid', 'Relu', 'LeakyRelu', 'HardSigmoid', 'HardSwish']),
  Clip: ({ x, fixed, roll, add }) => add('Clip', [x.name, fixed([], -0.6, -0.3), ...(roll(2) ? [fixed([], 0.3, 0.6)] : [])], [x.shape]),
  PRelu: ({ x, fed, add }) =>
    add(
      'PRelu',
      [
        x.name,
        fed(
          x.shape.map((dim, i) => (i === 1 ? dim : 1)),
          0.1,
          0.5,
        ),
      ],
      [x.shape],
    ),
  LRN: ({ x, roll, add }) => {
    const attributes = { size: 1 + 2 * roll(3), alpha: { float: 0.5 }, beta: { float: 0.75 }, bias: { float: 1.5 } }
    if (x.shape.length === 4) add('LRN', [x.name], [x.shape], attributes)
  },
  Conv,
  MaxPool: pool('MaxPool'),
  AveragePool: pool('AveragePool'),
  GlobalAveragePool: globalPool('GlobalAveragePool'),
  GlobalMaxPool: globalPool('GlobalMaxPool'),
}

function Conv({ x, roll, fed, add }: Draft): void {
  if (x.shape.length !== 4) return
  const [batch, channels] = x.shape as [number, number]
  const group = roll(2) ? channels : 1
  const out = group * (1 + roll(group > 1 ? 2 : 4))
  const kernel = [1 + roll(3), 1 + roll(3)]
  const [strides, dilations, pads] = [
    [1 + roll(2), 1 + roll(2)],
    [1 + roll(2), 1 + roll(2)],
    [roll(2), roll(2), roll(2), roll(2)],
  ]
  const fan = sizeOf(kernel) * (channels / group)
  const inputs = [x.name, fed([out, channels / group, ...kernel], -1.5 / fan, 2.5 / fan)]
  const size = windows(x.shape.slice(2), kernel, strides, dilations, pads)
  add('Conv', roll(3) ? [...inputs, fed([out], -0.5, 0.5)] : inputs, [[batch, out, ...size]], { group, strides, dilations, pads })
}
