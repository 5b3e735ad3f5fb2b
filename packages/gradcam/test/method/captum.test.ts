/** @file Pixel gradients against what captum answers on the same trained network: ../shared/golden/peers. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Value } from '../../src/graph/graph.ts'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { deconvnet as rules } from '../../src/gradient/tables.ts'
import { differences } from '../../src/method/saliency/deeplift.ts'
import { guidedGradient } from '../../src/method/saliency/guided-backprop.ts'
import { guidedTimesCam } from '../../src/method/saliency/guided-grad-cam.ts'
import { inputTimesGradient } from '../../src/method/saliency/input-x-gradient.ts'
import { alongPath } from '../../src/method/saliency/integrated-gradients.ts'
import { quadrature } from '../../src/method/saliency/quadrature.ts'
import type { GraphContext } from '../../src/run/graph-context.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { readModel } from '../../src/graph/model.ts'
import { classObjective } from '../../src/objective/kinds/class.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { explainAll } from '../support/explain.ts'
import { imageAt } from '../support/net-targets.ts'
import { valuesOf, withRunContext } from '../support/run-context.ts'
import { describeShared, requireShared } from '../support/shared.ts'

describeShared('captum', 'golden/peers/peers.json', () => {
  const model = new Uint8Array(readFileSync(requireShared('golden/peers/model.onnx')))
  const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as {
    target: number[]
    feature: string
    output: string
  }
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
  const input = tensor('input')
  const inputName = readModel(model).graph.inputs[0]?.name ?? ''
  const layers = { featureLayer: info.feature, reductionLayer: info.output }

  const ofEach = async (compute: (context: RunContext) => Promise<ArrayLike<number>>): Promise<Float64Array> => {
    const all: ArrayLike<number>[] = []
    for (const [n, index] of info.target.entries()) {
      const objective = classObjective({ name: info.output, axis: 1 }, index, `class ${index}`)
      all.push(await withRunContext({ model, inputs: { [inputName]: imageAt(input, n) }, objective, ...layers }, compute))
    }
    return Float64Array.from(all.flatMap((values) => Array.from(values)))
  }
  const expectSame = (actual: Float64Array, file: string): void => {
    const expected = tensor(`captum/${file}`)
    // holds between correct implementations of gradient methods: golden/peers/README.md; here of the largest value
    const largest = (expected.data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expectClose(actual, expected.data as Float32Array, { atol: 1e-4 * largest, rtol: 0 }, file)
  }
  const byNodes = (of: (context: GraphContext) => Value): Promise<Float64Array> => ofEach((context) => valuesOf(context, of))
  const zero = (context: RunContext): Float32Array => new Float32Array(context.image.data.length)

  test('Saliency: absolute values per channel', async () => {
    expectSame(await byNodes(({ g, imageGradient }) => g.unary('Abs', imageGradient())), 'Saliency')
  })

  test('InputXGradient', async () => expectSame(await byNodes(inputTimesGradient), 'InputXGradient'))

  test('IntegratedGradients: Gauss–Legendre, 50 steps, zero baseline', async () => {
    expectSame(
      await ofEach(async (context) => (await alongPath(context, zero(context), quadrature('gauss-legendre', 50))).data),
      'IG-gausslegendre-50-zero',
    )
  })

  test('GuidedBackprop', async () => expectSame(await byNodes(guidedGradient), 'GuidedBackprop'))

  test('Deconvolution', async () => expectSame(await byNodes(({ imageGradient }) => imageGradient({ rules })), 'Deconvolution'))

  test('GuidedGradCam, nearest', async () =>
    expectSame(await byNodes((context) => guidedTimesCam(context, 'nearest')), 'GuidedGradCam-nearest'))

  test('DeepLift, zero baseline', async () =>
    expectSame(await ofEach(async (context) => (await differences(context, zero(context))).data), 'DeepLift-zero'))

  test('LayerGradientXActivation, stored as its sum over channels', async () => {
    const summed = ({ g, gradient, activations }: GraphContext): Value => g.sum(g.mul(gradient, activations), [1], false)
    expectSame(await byNodes(summed), 'LayerGradientXActivation')
  })

  test('as methods by their names, the channels summed', async () => {
    for (const [method, file] of [
      ['input-x-gradient', 'InputXGradient'],
      ['integrated-gradients', 'IG-gausslegendre-50-zero'],
      ['deeplift', 'DeepLift-zero'],
    ] as const) {
      const results = await explainAll(model, input, { ...layers, target: info.target, method })
      const expected = tensor(`captum/${file}`)
      const [, channels = 0, height = 0, width = 0] = expected.dims
      const places = height * width
      const sums = Float64Array.from({ length: 2 * places }, (_, i) => {
        const first = Math.floor(i / places) * channels * places + (i % places)
        return Array.from({ length: channels }, (__, c) => expected.data[first + c * places] as number).reduce((a, b) => a + b)
      })
      const raw = results.flatMap((targets, n) => Array.from(targets[n]?.raw.data ?? []))
      const largest = sums.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(raw.length).toBe(sums.length)
      expectClose(raw, sums, { atol: 1e-4 * largest, rtol: 0 }, method)
    }
  })
})
