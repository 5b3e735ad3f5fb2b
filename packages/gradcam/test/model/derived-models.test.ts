/** @file Models made from models: appended, pruned, cut, at other sizes. All are opened by onnxruntime as they are. */
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { dense } from '../../src/gradient/cotangent.ts'
import { plain } from '../../src/gradient/tables.ts'
import { walkBack } from '../../src/gradient/walk.ts'
import { appendToModel, deriveModel } from '../../src/graph/derive.ts'
import { createBuilder } from '../../src/graph/emit.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import { explainAll, explainOne, runtime } from '../support/explain.ts'
import { explainBestClass } from '../support/explained-graph.ts'
import { numbers } from '../support/finite-differences.ts'
import { headed, images } from '../support/small-nets.ts'

const bytes = buildModel(headed())
const x = images(2)
describe('appended to the original file', () => {
  test('the original bytes come first, and onnxruntime answers with the same maps', async () => {
    const model = readModel(bytes)
    const explained = explainBestClass(model, await learnTensorInfo(model, runtime, { x: ['N', 3, 8, 8] }), 8)
    const outputs = [{ name: explained.outputs.map, type: 'float32' as const, shape: ['N', 8, 8] }]
    const file = appendToModel(model, { ...explained.addition, inputs: [], outputs })
    expect(file.subarray(0, bytes.length)).toEqual(bytes)

    const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1 })
    expect(session.outputNames).toEqual(['prob', explained.outputs.map])
    const run = await session.run({ x: new ort.Tensor('float32', x.data as Float32Array, x.dims) })
    await session.release()
    const maps = run[explained.outputs.map]?.data as Float32Array
    const expected = (await explainAll(bytes, x)).flat()
    expected.forEach(({ map }, n) => expectClose(maps.subarray(n * 64, (n + 1) * 64), map.data, { atol: 1e-5, rtol: 0 }, `image ${n}`))
  })

  test('a model with inlined functions is refused: its bytes no longer are its graph', () => {
    const relu = { name: 'MyRelu', inputs: ['a'], outputs: ['b'], nodes: [node('Relu', ['a'], 'b')] }
    const spec = {
      inputs: { x: [1, 3, 4, 4] },
      outputs: { y: [1, 3, 4, 4] },
      nodes: [node('MyRelu', ['x'], 'y', {}, 'local')],
      functions: [relu],
    }
    expect(() => appendToModel(readModel(buildModel(spec)), { outputs: [] })).toThrow(
      expect.objectContaining({ name: 'GradcamError', code: 'unsupported-model' }),
    )
  })
})

describe('pruned', () => {
  test('nodes and weights that the outputs do not need are dropped', () => {
    const derived = deriveModel(readModel(bytes), { outputs: ['p1'] })
    const graph = fromBinary(ModelProtoSchema, derived.bytes).graph
    expect(graph?.node.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'MaxPool'])
    expect(graph?.initializer.map(({ name }) => name)).toEqual(['w1', 'b1'])
    expect(graph?.output.map(({ name }) => name)).toEqual(['p1'])
  })

  test('large weights are references into the original bytes, never copies', async () => {
    const big = numbers(31, [3, 4000])
    const model = readModel(
      buildModel({
        inputs: { x: [2, 3] },
        outputs: { y: [2, 4000] },
        weights: { big },
        nodes: [node('MatMul', ['x', 'big'], 'h'), node('Relu', ['h'], 'y')],
      }),
    )
    const derived = deriveModel(model, { outputs: ['h'] })
    expect(derived.bytes.length).toBeLessThan(400)
    const files = 'folder' in derived.external ? [] : derived.external
    expect(files).toHaveLength(1)
    expect(files[0]?.data).toBe(model.bytes)
    const session = await runtime.open(derived)
    const run = await session.run({ x: { type: 'float32', dims: [2, 3], data: Float32Array.of(1, 0, 0, 0, 0, 1) } })
    await session.release()
    const values = big.data as Float32Array
    expect(Array.from(run['h']?.data as Float32Array)).toEqual([...values.subarray(0, 4000), ...values.subarray(8000)])
  })

  test('cut at the features: the tail alone, fed with them, gives the same answer', async () => {
    const model = readModel(bytes)
    const whole = await runtime.open(deriveModel(model, { outputs: ['features', 'prob'] }))
    const { features, prob } = await whole.run({ x })
    await whole.release()
    const tail = await runtime.open(
      deriveModel(model, { outputs: ['prob'], cut: [{ name: 'features', type: 'float32', shape: ['N', 6, 4, 4] }] }),
    )
    expect(tail.inputs.map(({ name }) => name)).toEqual(['features'])
    const again = await tail.run({ features: features as Tensor })
    await tail.release()
    expectClose(again['prob'] as Tensor, prob as Tensor, { atol: 1e-6, rtol: 0 })
  })
})

describe('an input of free height and width', () => {
  const free = buildModel(headed(13, 'H'))

  test.each([
    [8, 8],
    [12, 20],
  ])('%i×%i gives what a model of that fixed size gives', async (height, width) => {
    const image = images(1, 41, height, width)
    const spec = headed()
    const fixed = buildModel({ ...spec, inputs: { x: [1, 3, height, width] }, outputs: { prob: [1, 5] } })
    const [why, expected] = [await explainOne(free, image), await explainOne(fixed, image)]
    expect([why.map.width, why.map.height, why.raw.width, why.raw.height]).toEqual([width, height, width / 2, height / 2])
    expect(why.index).toBe(expected.index)
    expectClose(why.map.data, expected.map.data, { atol: 1e-5, rtol: 0 })
  })
})

describe('what a rule computes, too', () => {
  const normalized = buildModel({
    inputs: { x: ['N', 6, 8, 8] },
    outputs: { y: ['N', 3] },
    weights: { w: numbers(1, [6, 6, 3, 3]), v: numbers(2, [3, 6, 1, 1]) },
    nodes: [
      node('Conv', ['x', 'w'], 'c', { pads: [1, 1, 1, 1] }),
      node('LRN', ['c'], 'l', { size: 5, alpha: { float: 0.5 } }),
      node('Relu', ['l'], 'r'),
      node('LRN', ['r'], 'm', { size: 3, alpha: { float: 0.1 }, beta: { float: 0.6 } }),
      node('Conv', ['m', 'v'], 'z'),
      node('GlobalAveragePool', ['z'], 'p'),
      node('Flatten', ['p'], 'y'),
    ],
  })
  const given = numbers(3, [2, 6, 8, 8])
  const operatorsOf = (derived: Uint8Array): string[] => fromBinary(ModelProtoSchema, derived).graph?.node.map(({ opType }) => opType) ?? []

  test.each([
    { wrt: 'x', left: 0 },
    { wrt: 'r', left: 1 },
    { wrt: 'm', left: 2 },
  ])('takes the place of the model’s own node behind $wrt, and gives the same values', async ({ wrt, left }) => {
    const model = readModel(normalized)
    const info = await learnTensorInfo(model, runtime, { x: given.dims })
    const g = createBuilder(model.graph.opset, 'added/', info.dimSource)
    const seeds = [{ tensor: 'y', cotangent: dense(g.floats([1, 1, 1], [1, 3], 'float32')) }]
    const [gradient] = walkBack({ graph: model.graph, info, builder: g, rules: plain, seeds, wrt: [wrt] })
    const outputs = ['y', 'l', 'm', gradient?.name ?? '']
    const derived = deriveModel(model, { ...g.emission, outputs, inputShapes: info.inputShapes })
    expect(operatorsOf(derived.bytes).filter((operator) => operator === 'LRN')).toHaveLength(left)
    const [session, own] = [await runtime.open(derived), await runtime.open(deriveModel(model, { outputs: ['y', 'l', 'm'] }))]
    const [made, expected] = [await session.run({ x: given }), await own.run({ x: given })]
    for (const name of ['y', 'l', 'm']) expectClose(made[name] as Tensor, expected[name] as Tensor, { atol: 1e-6, rtol: 1e-5 }, name)
    // and stands before what reads it, as the format wants it
    const known = new Set(['x', ...(fromBinary(ModelProtoSchema, derived.bytes).graph?.initializer.map(({ name }) => name) ?? [])])
    for (const { input, output } of fromBinary(ModelProtoSchema, derived.bytes).graph?.node ?? []) {
      expect(input.filter((name) => name !== '' && !known.has(name))).toEqual([])
      for (const name of output) known.add(name)
    }
    await session.release()
    await own.release()
  })
})
