/** @file Shapley-CAM's second derivative against central differences of the first, on networks with smooth heads: ../shared/golden/nets. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, type NodeProto, NodeProtoSchema } from 'onnx-buf'
import { expect, test } from 'vitest'
import { protoOf } from '../../src/io/onnx-tensor.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { type LoadedNet, loadNet } from '../support/golden-nets.ts'
import { gradientsOf } from '../support/gradients.ts'
import { classOf, explained } from '../support/net-targets.ts'
import { describeShared } from '../support/shared.ts'

/** Gelu, SiLU, HardSwish, attention, normalisation by layer, Tanh: what bends the score behind the features. */
const smooth = ['convnext', 'convnext_opset17', 'vit', 'swin', 'efficientnet', 'mobilenet_v3', 'two_input']
const step = 0.01

describeShared('Shapley-CAM', 'golden/nets/index.json', () => {
  test.each(smooth)('%s', async (name) => {
    const net = loadNet(name)
    const [target] = net.targets
    if (!target) throw new Error('a target was expected')
    const options = {
      featureLayer: net.features.tensor,
      reductionLayer: target.output,
      target: classOf(target) ?? 0,
      upsample: 'none',
    } as const
    const [mine] = await explained(net, { ...options, method: 'shapley-cam' })
    const [linear] = await explained(net, { ...options, method: 'grad-cam' })
    const features = net.features.value.dims[0] === 1 ? net.features.value : first(net.features.value)
    const [high = new Float32Array(), low = new Float32Array()] = await Promise.all(
      [1 + step, 1 - step].map((factor) => gradientAt(net, factor)),
    )
    const curved = high.map((value, i) => (value - (low[i] ?? 0)) / (2 * step))
    const correction = mapOf(net, curved, toFloat32(features))
    const expected = (linear?.raw.data ?? new Float32Array()).map((value, i) => value - (correction[i] ?? 0) / 2)
    const largest = Math.max(...correction.map(Math.abs), ...(linear?.raw.data ?? []).map(Math.abs))
    expectClose(mine?.raw.data ?? [], expected, { atol: 2e-3 * largest, rtol: 0 })
    expect(largest).toBeGreaterThan(0)
  })

  test('most of these heads are bent: the correction is no rounding error', async () => {
    const corrections = await Promise.all(
      smooth.map(async (name) => {
        const net = loadNet(name)
        const options = { featureLayer: net.features.tensor, target: 1, upsample: 'none' } as const
        const [mine] = await explained(net, { ...options, method: 'shapley-cam' })
        const [linear] = await explained(net, { ...options, method: 'grad-cam' })
        const largest = Math.max(...(linear?.raw.data ?? []).map(Math.abs))
        return Math.max(...(mine?.raw.data ?? []).map((value, i) => Math.abs(value - (linear?.raw.data[i] ?? 0)))) / largest
      }),
    )
    expect(corrections.filter((each) => each > 0.01).length).toBeGreaterThanOrEqual(4)
  })
})

/** ∂y/∂features at all features times a factor, by a model that multiplies them. */
async function gradientAt(net: LoadedNet, factor: number): Promise<Float32Array> {
  const [target] = net.targets
  if (!target) throw new Error('a target was expected')
  const name = net.features.tensor
  const proto = fromBinary(ModelProtoSchema, net.model)
  const nodes = proto.graph?.node ?? []
  const at = nodes.findIndex(({ output }) => output.includes(name))
  const maker = nodes[at] as NodeProto
  maker.output = maker.output.map((output) => (output === name ? 'unscaled' : output))
  nodes.splice(at + 1, 0, create(NodeProtoSchema, { opType: 'Mul', input: ['unscaled', 'factor'], output: [name] }))
  proto.graph?.initializer.push(protoOf(float32([factor], [1]), 'factor'))
  const found = await gradientsOf(toBinary(ModelProtoSchema, proto), net.inputs, { [target.output]: target.seed }, [name])
  const data = toFloat32(found[name] as Tensor)
  return data.slice(0, data.length / (net.features.value.dims[0] ?? 1))
}

/** Σ_k mean(V_k) A_k for V and A in the features' own layout. */
function mapOf({ features }: LoadedNet, values: Float32Array, activations: Float32Array): Float64Array {
  const { layout, grid, skipTokens } = features
  const places = grid[0] * grid[1]
  const channels =
    layout === 'nlc' ? (features.value.dims[2] ?? 0) : layout === 'nhwc' ? (features.value.dims[3] ?? 0) : (features.value.dims[1] ?? 0)
  const at = (c: number, i: number): number => (layout === 'nchw' ? c * places + i : (i + skipTokens) * channels + c)
  const map = new Float64Array(places)
  for (let c = 0; c < channels; c++) {
    let weight = 0
    for (let i = 0; i < places; i++) weight += (values[at(c, i)] ?? 0) / places
    for (let i = 0; i < places; i++) map[i] = (map[i] ?? 0) + weight * (activations[at(c, i)] ?? 0)
  }
  return map
}

/** The first image of a batch. */
function first(tensor: Tensor): Tensor {
  const data = toFloat32(tensor)
  return float32(data.slice(0, data.length / (tensor.dims[0] ?? 1)), [1, ...tensor.dims.slice(1)])
}
