/** @file Whether the places of a layer are places of the picture: one patch of the image is changed at a time, and its place must answer. */
import { reductionOf } from '../../src/contract/reduction.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { deriveModel } from '../../src/graph/derive.ts'
import { featureMap } from '../../src/graph/arrange.ts'
import { createBuilder } from '../../src/graph/emit.ts'
import { chooseLayers } from '../../src/graph/layers.ts'
import type { Layout } from '../../src/graph/layout.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import type { Model } from '../../src/graph/model.ts'
import { randomOf } from '../../src/core/random.ts'
import { runtime } from './explain.ts'

export interface PatchTest {
  model: Model
  /** The layer. Default: the one that is chosen for the image's size, which must be certain; undefined is answered where it is not. */
  feature?: { name: string; layout: Layout }
  /** The image's input, one image, and the values of the others. */
  image: { name: string; layout: 'nchw' | 'nhwc'; tensor: Tensor }
  others?: Readonly<Record<string, Tensor>>
  /** The image is cut into at most so many patches a side. Default: 6. */
  most?: number
}

const noises = 3

/**
 * The share of patches whose own place is among the third that answers most: by chance a third of them. Some places answer strongly to
 * every patch, and some patches move all places, so answers are taken in relation to both. Patches that change nothing are left out.
 */
export async function answeringPatches({ model, feature: chosen, image, others = {}, most = 6 }: PatchTest): Promise<number | undefined> {
  const feeds = { ...others, [image.name]: image.tensor }
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))
  const info = await learnTensorInfo(model, runtime, shapes)
  const graph = { ...model.graph, image: image.name }
  const automatic = chosen ? undefined : chooseLayers(graph, info, {}, reductionOf(graph, info)).feature
  if (automatic?.certain === false) return undefined
  const feature = (chosen ?? automatic) as NonNullable<typeof chosen>
  const g = createBuilder(model.graph.opset, 'patch-test/', (symbol) => info.dimSource(symbol))
  const map = g.cast(featureMap(g, info.value(feature.name), feature.layout), 'float32')
  const session = await runtime.open(deriveModel(model, { ...g.emission, outputs: [map.name], inputShapes: info.inputShapes }), {})
  try {
    const fed = (tensor: Tensor): Record<string, Tensor> =>
      Object.fromEntries(session.inputs.map(({ name }) => [name, name === image.name ? tensor : (feeds[name] as Tensor)]))
    const run = async (tensor: Tensor): Promise<Float32Array> => toFloat32((await session.run(fed(tensor)))[map.name] as Tensor)
    const before = await run(image.tensor)
    const { height, width } = feature.layout
    const [rows, columns] = [Math.min(most, height), Math.min(most, width)]
    const blockOf = (place: number): number =>
      Math.floor((Math.floor(place / width) * rows) / height) * columns + Math.floor(((place % width) * columns) / width)
    const answers: number[][] = []
    for (let patch = 0; patch < rows * columns; patch++) {
      const [row, column] = [Math.floor(patch / columns), patch % columns]
      const part = { row: row / rows, column: column / columns, height: 1 / rows, width: 1 / columns }
      const change = Array.from({ length: rows * columns }, () => 0)
      for (let n = 0; n < noises; n++) {
        const after = await run(withPatch(image, part, patch * noises + n))
        for (const [i, value] of after.entries()) {
          const block = blockOf(i % (height * width))
          change[block] = (change[block] as number) + Math.abs(value - (before[i] as number))
        }
      }
      answers.push(change)
    }
    return answering(answers)
  } finally {
    await session.release()
  }
}

/** Of answers by patch and place: how many patches find their own place among the third that answers most. */
function answering(answers: readonly (readonly number[])[]): number {
  const overall = answers[0]?.map((_, place) => answers.reduce((sum, change) => sum + (change[place] as number), 0)) ?? []
  const shares = answers.flatMap((change, patch) => {
    if (change.every((value) => value === 0)) return []
    const relative = change.map((value, place) => (value === 0 ? 0 : value / (overall[place] as number)))
    const own = relative[patch] as number
    return own > 0 && relative.filter((value) => value > own).length < relative.length / 3 ? [1] : [0]
  })
  return shares.length === 0 ? Number.NaN : shares.filter(Boolean).length / shares.length
}

/** The image with noise in one patch, given in parts of its size. */
function withPatch(
  { tensor, layout }: PatchTest['image'],
  patch: { row: number; column: number; height: number; width: number },
  seed: number,
): Tensor {
  const { dims } = tensor
  const data = Float32Array.from(toFloat32(tensor))
  const [height, width, channels] = (layout === 'nchw' ? [dims[2], dims[3], dims[1]] : [dims[1], dims[2], dims[3]]) as [
    number,
    number,
    number,
  ]
  const random = randomOf(seed + 1)
  const end = (start: number, size: number, whole: number): number =>
    Math.max(Math.round((start + size) * whole), Math.round(start * whole) + 1)
  for (let y = Math.round(patch.row * height); y < end(patch.row, patch.height, height); y++)
    for (let x = Math.round(patch.column * width); x < end(patch.column, patch.width, width); x++)
      for (let c = 0; c < channels; c++) {
        const i = layout === 'nchw' ? (c * height + y) * width + x : (y * width + x) * channels + c
        data[i] = (data[i] as number) + random.uniform() - 0.5
      }
  return float32(data, dims)
}
