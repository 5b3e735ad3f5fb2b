/** @file Operators that ONNX does not know: named, with what to cut off; in front of them everything can be explained. */
import { expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { buildModel, node } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const spec = headed()
const foreign = (input: string, output: string) => ({ ...node('NMSRotated', [input], output), domain: 'mmdeploy' })

test('behind the scores: named, and explained where the layer before it is', async () => {
  const model = buildModel({
    ...spec,
    domains: ['mmdeploy'],
    outputs: { boxes: ['N', 5] },
    nodes: [...spec.nodes, foreign('prob', 'boxes')],
  })
  const network = await load(model)
  const error = await refusal(() => network.explain(images(1)))
  expect([error.code, error.message, error.node]).toEqual([
    'unsupported-operator',
    'the model has custom operators, which ONNX does not know: NMSRotated of mmdeploy',
    { name: 'boxes/node', operator: 'NMSRotated' },
  ])
  expect(error.hint).toContain("`reductionLayer: 'prob'`")
  expect(error.hint).toContain('extract_model("model.onnx", "cut.onnx", ["x"], ["prob"])')
  const usual = await load(buildModel(spec))
  const [cut, whole] = await Promise.all([
    network.explain(images(1), { target: 1, reductionLayer: 'logits' }),
    usual.explain(images(1), { target: 1 }),
  ])
  expect(cut.map).toEqual(whole.map)
  await network.close()
  await usual.close()
})

test('in front of the network: what to feed instead', async () => {
  const nodes = [foreign('raw', 'x'), ...spec.nodes]
  const network = await load(buildModel({ ...spec, domains: ['mmdeploy'], inputs: { raw: ['N', 3, 8, 8] }, nodes }))
  const error = await refusal(() => network.explain(images(1)))
  expect([error.code, error.hint]).toEqual([
    'unsupported-operator',
    expect.stringContaining('extract_model("model.onnx", "cut.onnx", ["x"], ["prob"])'),
  ])
  await network.close()
})

test('an operator of no set of its own, as plug-ins of TensorRT are written', async () => {
  const nodes = [
    ...spec.nodes.slice(0, 4),
    node('BatchedNMS_TRT', ['c2'], 'plugged'),
    node('Relu', ['plugged'], 'features'),
    ...spec.nodes.slice(5),
  ]
  const network = await load(buildModel({ ...spec, nodes }))
  const error = await refusal(() => network.explain(images(1)))
  expect([error.code, error.message]).toEqual(['unsupported-operator', expect.stringContaining('BatchedNMS_TRT of no operator set')])
  await network.close()
})
