/** @file The CAM family against what other libraries answer on the same trained network: ../shared/golden/peers. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ExplanationData } from '../../src/explain/explanation.ts'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { interpolation } from '../../src/image/interpolation.ts'
import type { ExplainOptions } from '../../src/explain/request.ts'
import { sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { expectClose, relativeError } from '../support/close.ts'
import { explainAll } from '../support/explain.ts'
import { describeShared, requireShared } from '../support/shared.ts'

/** Holds between correct implementations: golden/peers/README.md. */
const tolerance = { atol: 1e-4, rtol: 0 }

describeShared('the CAM family of other libraries', 'golden/peers/peers.json', () => {
  const model = new Uint8Array(readFileSync(requireShared('golden/peers/model.onnx')))
  const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as { target: number[] }
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
  const input = tensor('input')

  /** The explanation of each image's own target. */
  const explained = async (options: ExplainOptions): Promise<ExplanationData[]> => {
    const results = await explainAll(model, input, { target: info.target, ...options })
    return results.map((targets, n) => targets[n] as ExplanationData)
  }
  const joined = (maps: readonly Float32Array[]): Float32Array => Float32Array.from(maps.flatMap((map) => Array.from(map)))
  const expectMaps = (actual: Float32Array, file: string): void => {
    const expected = tensor(file)
    expect(actual.length).toBe(sizeOf(expected.dims))
    expectClose(actual, expected.data as Float32Array, tolerance, file)
  }

  test.each([
    ['grad-cam', 'GradCAM'],
    ['grad-cam++', 'GradCAMPlusPlus'],
    ['xgrad-cam', 'XGradCAM'],
    ['hires-cam', 'HiResCAM'],
    ['grad-cam-elementwise', 'GradCAMElementWise'],
    ['layer-cam', 'LayerCAM'],
    ['fem', 'FEM'],
    ['shapley-cam', 'ShapleyCAM'],
    ['finer-cam', 'FinerCAM'],
    ['seg-eigen-cam', 'SegEigenCAM'],
  ])('pytorch-grad-cam, by its preset: %s', async (method, file) => {
    const results = await explained({ method, preset: 'pytorch-grad-cam' })
    expectMaps(joined(results.map(({ map }) => map.data)), `pgc/${file}`)
  })

  // whichever sign its singular vector had: it then drops what is negative
  test.each([
    ['eigen-cam', 'EigenCAM'],
    ['eigengrad-cam', 'EigenGradCAM'],
    ['kpca-cam', 'KPCA-CAM'],
  ])('pytorch-grad-cam, up to the sign: %s', async (method, file) => {
    const results = await explained({ method, preset: 'pytorch-grad-cam' })
    const expected = tensor(`pgc/${file}`)
    const size = sizeOf(expected.dims.slice(1))
    results.forEach(({ raw }, n) => {
      const theirs = (expected.data as Float32Array).subarray(n * size, (n + 1) * size)
      const errors = [1, -1].map((sign) => relativeError(finishedAsThere(raw, sign), theirs))
      expect(Math.min(...errors)).toBeLessThan(1e-4)
    })
  })

  test.each([
    ['grad-cam', 'GradCAM', {}],
    ['layer-cam', 'LayerCAM', {}],
    ['xgrad-cam', 'XGradCAM', {}],
    // its named fault: a copy is divided, so that the weights are Σ G²·ReLU(G)
    ['grad-cam++', 'GradCAMpp', { denominator: 'none' }],
  ])('torch-cam, by its preset: %s', async (method, file, options) => {
    const results = await explained({ method, preset: 'torchcam', options })
    expectMaps(joined(results.map(({ map }) => map.data)), `torchcam/${file}`)
  })

  test.each([
    ['grad-cam', 'GradCAM-raw', 'relu', {}],
    ['finer-cam', 'FinerCAM-raw', 'relu', {}],
    ['layer-cam', 'LayerCAM-raw', 'relu', {}],
    ['xgrad-cam', 'XGradCAM-raw', 'relu', {}],
    ['grad-cam++', 'GradCAMpp-raw', 'relu', { denominator: 'none' }],
  ] as const)('torch-cam not normalised: %s', async (method, file, activation, options) => {
    const results = await explained({ method, preset: 'torchcam', normalize: 'none', activation, options })
    expectMaps(joined(results.map(({ map }) => map.data)), `torchcam/${file}`)
  })

  test.each([['grad-cam', 'LayerGradCam-raw']])('captum, by its preset: %s', async (method, file) => {
    const results = await explained({ method, preset: 'captum' })
    expectMaps(joined(results.map(({ map }) => map.data)), `captum/${file}`)
  })

  test('no curvature behind this network: only rectifiers bend its score, so that Shapley-CAM is Grad-CAM', async () => {
    const [mine, plain] = await Promise.all([explained({ method: 'shapley-cam' }), explained({})])
    mine.forEach(({ raw }, n) => expectClose(raw.data, plain[n]?.raw.data ?? [], { atol: 1e-6, rtol: 1e-5 }))
  })
})

/** ReLU, min-max, bilinear at half-pixel centres to 64×64, min-max: pytorch-grad-cam's way, of a map or its negative. */
function finishedAsThere({ width, height, data }: ExplanationData['raw'], sign: number): Float32Array {
  const positive = data.map((value) => Math.max(0, sign * value))
  const size = 64
  const [rows, columns] = [interpolation(height, size, 'bilinear'), interpolation(width, size, 'bilinear')]
  const out = new Float32Array(size * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++)
          out[y * size + x] =
            (out[y * size + x] ?? 0) + (rows[y * height + i] ?? 0) * (columns[x * width + j] ?? 0) * (positive[i * width + j] ?? 0)
  const [low, high] = [Math.min(...out), Math.max(...out)]
  return out.map((value) => (value - low) / (high - low + 1e-30))
}
