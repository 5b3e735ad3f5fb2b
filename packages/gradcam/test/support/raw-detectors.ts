/**
 * @file Detectors as exporters leave them before boxes are decoded. Weights by hand: cells of 8 pixels see red, of 16 green, of 32 blue;
 * the logit of a class is 8·(mean − 0.5). Numbers of boxes are the same in all cells, but for noise where nothing lies.
 */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { type ModelSpec, node, type NodeSpec } from './build.ts'

export const rawSide = 128

/** What lies in the picture: one cell of its stride. Green is 0.8. */
export interface Thing {
  stride: number
  column: number
  row: number
}
export type RawThing = 'red' | 'green' | 'blue'
export type Things = Readonly<Record<RawThing, Thing>>
export const rawThings: Things = {
  red: { stride: 8, column: 3, row: 1 },
  green: { stride: 16, column: 5, row: 2 },
  blue: { stride: 32, column: 1, row: 2 },
}
/** 8·(mean − 0.5) */
export const logits: Readonly<Record<RawThing, number>> = { red: 4, green: 2.4, blue: 4 }

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

/** The picture, [1, 3, 128, 128], without the things that are left out. */
export function rawPicture({ things = rawThings }: Pick<RawFamily, 'things'>, without: readonly string[] = []): Tensor {
  const data = new Float32Array(3 * rawSide ** 2)
  for (const [k, [name, { stride, column, row }]] of Object.entries(things).entries())
    if (!without.includes(name))
      for (let y = row * stride; y < (row + 1) * stride; y++)
        for (let x = column * stride; x < (column + 1) * stride; x++) data[(k * rawSide + y) * rawSide + x] = name === 'green' ? 0.8 : 1
  return float32(data, [1, 3, rawSide, rawSide])
}

/** Numbers of a head that are the same in all cells: tensors `name`8 … [1, values, rows, columns]. */
export interface Constant {
  name: string
  values: (stride: number) => readonly number[]
}

export interface RawFamily {
  strides: readonly number[]
  things?: Things
  /** Anchors at each place: classes are repeated for each. Default: 1. */
  anchors?: number
  /** The only anchor that sees anything. */
  only?: number
  constants: readonly Constant[]
  outputs: ModelSpec['outputs']
  /** From class logits `cls`8 … [1, 3·anchors, rows, columns] and the constants to the outputs. */
  nodes: readonly NodeSpec[]
  weights?: Readonly<Record<string, Tensor>>
}

const int64 = (values: readonly number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
export const cellsOf = (stride: number): number => Math.ceil(rawSide / stride)

/** [3, 3, stride, stride]: the mean of the own colour, less those of the others; zeros for what the scale does not see. */
function means(stride: number, things: Things): Tensor {
  const area = stride ** 2
  const seen = Object.values(things).map((thing) => thing.stride === stride)
  const data = Array.from({ length: 9 * area }, (_, i) => {
    const [out, colour] = [Math.floor(i / (3 * area)), Math.floor(i / area) % 3]
    return seen[out] ? (out === colour ? 1 : -1) / area : 0
  })
  return float32(data, [3, 3, stride, stride])
}

/** [1, count, cells, cells] of −0.3 … 0.3 that repeat themselves nowhere near; 0 where a thing lies. */
function noise(stride: number, count: number, things: Things): Tensor {
  const cells = cellsOf(stride)
  const data = Array.from({ length: count * cells ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / cells) % cells, i % cells]
    const lies = Object.values(things).some((thing) => thing.stride === stride && thing.row === row && thing.column === column)
    return lies ? 0 : 0.6 * ((Math.abs(Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1) - 0.5)
  })
  return float32(data, [1, count, cells, cells])
}

export function rawDetector({
  strides,
  things = rawThings,
  anchors = 1,
  only,
  constants,
  outputs,
  nodes,
  weights = {},
}: RawFamily): ModelSpec {
  const own: Record<string, Tensor> = { half: float32([0.5], []), eight: float32([8], []), flatten: int64([0, 0, -1]), ...weights }
  own['same'] = float32(
    Array.from({ length: 9 * anchors }, (_, i) =>
      Math.floor(i / 3) % 3 === i % 3 && (only === undefined || Math.floor(i / 9) === only) ? 1 : 0,
    ),
    [3 * anchors, 3, 1, 1],
  )
  const scale = (s: number): NodeSpec[] => {
    own[`w${s}`] = means(s, things)
    return [
      node('Conv', ['image', `w${s}`], `seen${s}`, { strides: [s, s] }),
      node('Relu', [`seen${s}`], `features${s}`),
      node('Conv', [`features${s}`, 'same'], `class${s}`),
      node('Sub', [`class${s}`, 'half'], `shifted${s}`),
      node('Mul', [`shifted${s}`, 'eight'], `cls${s}`),
      ...constants.flatMap(({ name, values }) => {
        const numbers = values(s)
        own[`${name}${s}/w`] = float32(new Float32Array(3 * numbers.length), [numbers.length, 3, 1, 1])
        own[`${name}${s}/b`] = float32(numbers, [numbers.length])
        own[`${name}${s}/noise`] = noise(s, numbers.length, things)
        return [
          node('Conv', [`features${s}`, `${name}${s}/w`, `${name}${s}/b`], `${name}${s}/plain`),
          node('Add', [`${name}${s}/plain`, `${name}${s}/noise`], `${name}${s}`),
        ]
      }),
    ]
  }
  return {
    opset: 17,
    inputs: { image: [1, 3, rawSide, rawSide] },
    outputs,
    weights: own,
    nodes: [...strides.flatMap(scale), ...nodes],
  }
}

/** `from`8 … [1, C, rows, columns] as rows [1, all places, C] named `to`. */
export const joinedRows = (strides: readonly number[], from: string, to: string): NodeSpec[] => [
  ...strides.flatMap((s) => rows(`${from}${s}`, `${from}${s}/rows`)),
  node(
    'Concat',
    strides.map((s) => `${from}${s}/rows`),
    to,
    { axis: 1 },
  ),
]

/** [1, C, rows, columns] as [1, places, C]. */
export const rows = (from: string, to: string): NodeSpec[] => [
  node('Reshape', [from, 'flatten'], `${from}/flat`),
  node('Transpose', [`${from}/flat`], to, { perm: [0, 2, 1] }),
]

export const placesOf = (strides: readonly number[]): number => strides.reduce((sum, s) => sum + cellsOf(s) ** 2, 0)
