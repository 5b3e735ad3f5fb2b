/** @file Grad-CAM against what other libraries answer on the same trained network: ../shared/golden/peers. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { expectClose, relativeError } from '../support/close.ts'
import { explainAll, runtime } from '../support/explain.ts'
import { gradientsOf } from '../support/gradients.ts'
import { describeShared, requireShared } from '../support/shared.ts'

interface PeerFacts {
  /** Class of each image. */
  target: number[]
  /** Feature tensor. */
  feature: string
  output: string
}

/** Holds between correct implementations: golden/peers/README.md. */
const tolerance = { atol: 1e-4, rtol: 0 }

describeShared('other libraries', 'golden/peers/peers.json', () => {
  const model = new Uint8Array(readFileSync(requireShared('golden/peers/model.onnx')))
  const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as PeerFacts
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
  const input = tensor('input')
  const inputName = readModel(model).graph.inputs[0]?.name ?? ''

  /** The explanation of each image's own target. */
  const explained = async (options: Parameters<typeof explainAll>[2]): Promise<ExplanationData[]> => {
    const results = await explainAll(model, input, {
      featureLayer: info.feature,
      reductionLayer: info.output,
      target: info.target,
      ...options,
    })
    return results.map((targets, n) => targets[n] as ExplanationData)
  }
  const maps = async (which: 'map' | 'raw', options: Parameters<typeof explainAll>[2]): Promise<Float32Array> => {
    const grids = (await explained(options)).map((why) => why[which])
    return Float32Array.from(grids.flatMap(({ data }) => Array.from(data)))
  }
  const expectMaps = (actual: Float32Array, file: string): void => {
    const expected = tensor(file)
    expect(actual.length).toBe(sizeOf(expected.dims))
    expectClose(actual, expected.data as Float32Array, tolerance, file)
  }

  test('the feature layer is found by itself, and the logits are the output', async () => {
    const [first] = await explained({})
    const [own] = (await explainAll(model, input)).flat()
    expect(own?.featureLayer).toBe(info.feature)
    expect(own?.reductionLayer).toBe(info.output)
    expect(first?.featureLayer).toBe(own?.featureLayer)
  })

  test('logits and features are the same numbers', async () => {
    const session = await runtime.open({ bytes: model, external: [] })
    const run = await session.run({ [inputName]: input })
    await session.release()
    expect(relativeError(run[info.output] as Tensor, tensor('logits'))).toBeLessThan(1e-5)
    const scores = (await explained({})).map(({ logit }) => logit)
    const logits = tensor('logits')
    info.target.forEach((index, n) => expect(scores[n]).toBeCloseTo(Number(logits.data[n * 4 + index]), 4))
  })

  test('gradient of the targets by the features', async () => {
    const seed = new Float32Array(8)
    info.target.forEach((index, n) => (seed[n * 4 + index] = 1))
    const seeds = { [info.output]: float32(seed, [2, 4]) }
    const gradients = await gradientsOf(model, { [inputName]: input }, seeds, [info.feature])
    expect(relativeError(gradients[info.feature] as Tensor, tensor('gradient'))).toBeLessThan(1e-4)
  })

  test('pytorch-grad-cam GradCAM: relu, min-max, bilinear at half-pixel centres, min-max', async () => {
    // min-max before resizing changes nothing: both are linear in the map, and min-max comes again
    expectMaps(await maps('map', { activation: 'relu', upsample: 'bilinear', normalize: 'minmax' }), 'pgc/GradCAM')
  })

  test('torch-cam GradCAM: relu, min-max at feature size', async () => {
    expectMaps(await maps('map', { activation: 'relu', upsample: 'none', normalize: 'minmax' }), 'torchcam/GradCAM')
  })

  test('torch-cam GradCAM not normalised', async () => {
    expectMaps(await maps('map', { activation: 'relu', upsample: 'none', normalize: 'none' }), 'torchcam/GradCAM-raw')
  })

  test('captum LayerGradCam, signed', async () => {
    const signed = await maps('raw', {})
    expect(signed.some((value) => value < 0)).toBe(true)
    expectMaps(signed, 'captum/LayerGradCam-raw')
    expectMaps(await maps('map', { activation: 'none', upsample: 'none', normalize: 'none' }), 'captum/LayerGradCam-raw')
  })
})
