/** @file Whether the places of a layer are places of the picture: one patch of the image is changed at a time, and its place must answer. */
import { patchTest, type Verdict } from '../../../../scripts/patch-test/answers.mjs'
import { changeOf, withPatch } from '../../../../scripts/patch-test/picture.mjs'
import { reductionOf } from '../../src/contract/reduction.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { deriveModel } from '../../src/graph/derive.ts'
import { chooseLayers } from '../../src/graph/layers.ts'
import type { Layout } from '../../src/graph/layout.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import type { Model } from '../../src/graph/model.ts'
import { runtime } from './explain.ts'

export interface PatchTest {
  model: Model
  /** The layer. Default: the one that is chosen for the image's size, which must be certain; undefined is answered where it is not. */
  feature?: { name: string; layout: Layout }
  /** The image's input, one image, and the values of the others. */
  image: { name: string; layout: 'nchw' | 'nhwc'; tensor: Tensor }
  others?: Readonly<Record<string, Tensor>>
}

/** How well the answers of a layer's places fit its grid, and how well any other. */
export async function answersOf({ model, feature: chosen, image, others = {} }: PatchTest): Promise<Verdict | undefined> {
  const feeds = { ...others, [image.name]: image.tensor }
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]))
  const info = await learnTensorInfo(model, runtime, shapes)
  const graph = { ...model.graph, image: image.name }
  const automatic = chosen ? undefined : chooseLayers(graph, info, {}, reductionOf(graph, info)).feature
  if (automatic?.certain === false) return undefined
  const { name, layout } = (chosen ?? automatic) as NonNullable<typeof chosen>
  const session = await runtime.open(deriveModel(model, { outputs: [name], inputShapes: info.inputShapes }))
  const { dims } = image.tensor
  const values = toFloat32(image.tensor)
  const run = async (data: Float32Array): Promise<Float32Array> => {
    const fed = session.inputs.map((input) => [input.name, input.name === image.name ? float32(data, dims) : (feeds[input.name] as Tensor)])
    return toFloat32((await session.run(Object.fromEntries(fed)))[name] as Tensor)
  }
  try {
    const before = await run(values)
    return await patchTest({
      ...{ height: layout.height, width: layout.width },
      answer: async (patch, seed, strength) =>
        changeOf(before, await run(withPatch(values, { dims, layout: image.layout, patch, seed, strength, whole: false })), layout),
    })
  } finally {
    await session.release()
  }
}
