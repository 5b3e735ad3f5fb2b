/**
 * @file A detector of two scales as exporters finish it inside the graph. Weights by hand: cells of 16 pixels see red and green, cells of 32
 * blue; the score of a cell is σ(8·(mean − 0.5)), its box the cell itself.
 */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { type ModelSpec, node, type NodeSpec } from './build.ts'

export const detectorSide = 64

/** What lies in the picture, by class: red fills a small cell, green another one at 0.8, blue a large one. */
export const things = {
  red: { box: [16, 0, 32, 16], score: 1 / (1 + Math.exp(-4)) },
  green: { box: [48, 32, 64, 48], score: 1 / (1 + Math.exp(-2.4)) },
  blue: { box: [0, 32, 32, 64], score: 1 / (1 + Math.exp(-4)) },
} as const

/** The picture, [1, 3, 64, 64], without the things that are left out. */
export function detectorPicture(without: readonly string[] = []): Tensor {
  const data = new Float32Array(3 * detectorSide ** 2)
  for (const [k, [name, { box }]] of Object.entries(things).entries()) {
    if (without.includes(name)) continue
    const [x1, y1, x2, y2] = box
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) data[(k * detectorSide + y) * detectorSide + x] = name === 'green' ? 0.8 : 1
  }
  return float32(data, [1, 3, detectorSide, detectorSide])
}

const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})

/** [3, 3, side, side]: the mean of the own colour, less that of the others; zeros for classes that the scale does not see. */
function means(side: number, seen: readonly number[]): Tensor {
  const area = side * side
  const data = Array.from({ length: 9 * area }, (_, i) => {
    const [out, colour] = [Math.floor(i / (3 * area)), Math.floor(i / area) % 3]
    return seen.includes(out) ? (out === colour ? 1 : -1) / area : 0
  })
  return float32(data, [3, 3, side, side])
}

const cells = (side: number): number[][] =>
  Array.from({ length: (detectorSide / side) ** 2 }, (_, i) => {
    const across = detectorSide / side
    const [x, y] = [(i % across) * side, Math.floor(i / across) * side]
    return [x, y, x + side, y + side]
  })

export const candidateBoxes = [...cells(16), ...cells(32)]

/** Features `small` and `large`, `boxes` [1, 20, 4] in pixels, `scores` [1, 20, 3]. */
const front: readonly NodeSpec[] = [
  node('Conv', ['image', 'w16'], 'c16', { strides: [16, 16] }),
  node('Relu', ['c16'], 'small'),
  node('Conv', ['image', 'w32'], 'c32', { strides: [32, 32] }),
  node('Relu', ['c32'], 'large'),
  ...['small', 'large'].flatMap((name) => [
    node('Conv', [name, 'same'], `${name}/head`),
    node('Reshape', [`${name}/head`, 'flatten'], `${name}/flat`),
    node('Transpose', [`${name}/flat`], `${name}/rows`, { perm: [0, 2, 1] }),
  ]),
  node('Concat', ['small/rows', 'large/rows'], 'rows', { axis: 1 }),
  node('Sub', ['rows', 'half'], 'shifted'),
  node('Mul', ['shifted', 'eight'], 'logits'),
  node('Sigmoid', ['logits'], 'each'),
]

const weights: Readonly<Record<string, Tensor>> = {
  ...{ w16: means(16, [0, 1]), w32: means(32, [2]), half: float32([0.5], []), eight: float32([8], []) },
  same: float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1]),
  ...{ flatten: int64([1, 3, -1]), anchors: float32(candidateBoxes.flat(), [1, 20, 4]) },
  ...{ most: int64([20]), overlap: float32([0.5], [1]), least: float32([0.3], [1]) },
  ...{ c0: int64([0]), c1: int64([1]), c2: int64([2]), c3: int64([3]), c5: int64([5]), c8: int64([8]), flat: int64([1, -1]) },
  ...{ three: int64([3], []), one: float32([1], []), side: float32([detectorSide], []), none: float32(Array(48).fill(0), [8, 6]) },
  ...{ four: int64([1, 5, 4]), c4: int64([4]), c6: int64([6]), swap: int64([1, 0, 3, 2]) },
}

/** `chosen` [k, 3] by NonMaxSuppression; `kept` [k, 4], `sure` [k], `kind` [k]. */
const suppressed: readonly NodeSpec[] = [
  node('Transpose', ['each'], 'by-class', { perm: [0, 2, 1] }),
  node('NonMaxSuppression', ['anchors', 'by-class', 'most', 'overlap', 'least'], 'chosen'),
  node('GatherND', ['by-class', 'chosen'], 'sure'),
  node('Slice', ['chosen', 'c1', 'c2', 'c1'], 'kind/column'),
  node('Squeeze', ['kind/column', 'c1'], 'kind'),
  node('Slice', ['chosen', 'c2', 'c3', 'c1'], 'place/column'),
  node('Squeeze', ['place/column', 'c1'], 'place'),
  node('Squeeze', ['anchors', 'c0'], 'candidates'),
  node('Gather', ['candidates', 'place'], 'kept', { axis: 0 }),
]

/** The five best of all boxes and classes: `best` [1, 5], `which` [1, 5] classes, `where` [1, 5, 4] boxes. */
const sorted: readonly NodeSpec[] = [
  node('Reshape', ['each', 'flat'], 'all'),
  node('TopK', ['all', 'c5'], ['best', 'ranked']),
  node('Mod', ['ranked', 'three'], 'which'),
  node('Div', ['ranked', 'three'], 'row'),
  node('Unsqueeze', ['row', 'c2'], 'row/last'),
  node('Expand', ['row/last', 'four'], 'row/wide'),
  node('GatherElements', ['anchors', 'row/wide'], 'where', { axis: 1 }),
]

/** What an exporter makes of it. */
export interface Finish {
  outputs: ModelSpec['outputs']
  /** Whole numbers among them. */
  whole?: readonly string[]
  from: 'suppressed' | 'sorted'
  nodes: readonly NodeSpec[]
  inputs?: ModelSpec['inputs']
  types?: ModelSpec['types']
}

/** The model; `image`: shape of its input, of which three dimensions have no batch. */
export function finishedDetector(
  { outputs, whole = [], from, nodes, inputs = {}, types = {} }: Finish,
  image: ModelSpec['inputs'][string] = [1, 3, 64, 64],
): ModelSpec {
  const bare = image.length === 3
  return {
    opset: 17,
    inputs: { [bare ? 'bare' : 'image']: image, ...inputs },
    types,
    outputs,
    outputTypes: Object.fromEntries(whole.map((name) => [name, 'int64'])),
    weights,
    nodes: [
      ...(bare ? [node('Unsqueeze', ['bare', 'c0'], 'image')] : []),
      ...front,
      ...(from === 'sorted' ? sorted : suppressed),
      ...nodes,
    ],
  }
}
