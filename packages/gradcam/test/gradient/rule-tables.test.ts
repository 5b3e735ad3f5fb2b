/** @file The tables of gradients but plain: guided backpropagation and deconvolution, against the golden data and other libraries. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradient } from '../../src/gradient/gradient.ts'
import { deconvnet, guidedBackprop, plain, ruleTable, ruleTables } from '../../src/gradient/tables.ts'
import type { RuleTable } from '../../src/gradient/walk.ts'
import type { AttributeValue } from '../../src/graph/emit.ts'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { expectClose, relativeError, type Tolerance } from '../support/close.ts'
import { numbers } from '../support/finite-differences.ts'
import { listNets, loadNet } from '../support/golden-nets.ts'
import { runtimeFor } from '../support/providers.ts'
import { asRefusal } from '../support/refusal.ts'
import { describeShared, requireShared } from '../support/shared.ts'
import { byHand, count } from '../support/small-nets.ts'

const runtime = await runtimeFor('cpu')
const values = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data as Float32Array)

test('every table knows every operator of the plain one', () => {
  for (const [name, table] of Object.entries<RuleTable>(ruleTables)) {
    const missing = Object.keys(plain).filter((operator) => typeof table[operator] !== 'function')
    expect(missing, name).toEqual([])
    expect(Object.keys(table).length, name).toBe(Object.keys(plain).length)
  }
})

test('tables go by name; of an unknown one the nearest are named', () => {
  expect(ruleTable('guided-backprop')).toBe(guidedBackprop)
  for (const [name, hint] of [
    ['guided', /^did you mean guided-backprop\?$/],
    ['toString', /^rule tables: plain, .*lrp-epsilon-gamma$/],
  ] as const) {
    try {
      ruleTable(name)
      expect.unreachable()
    } catch (error) {
      expect(asRefusal(error)).toMatchObject({
        code: 'bad-option',
        message: `unknown rule table: ${name}`,
        hint: expect.stringMatching(hint),
      })
    }
  }
})

describe('numbers worked out by hand', () => {
  const model = readModel(buildModel(byHand))
  const byTable = async (rules: RuleTable): Promise<number[]> => {
    const inputs = { x: float32(count(16), [1, 1, 4, 4]) }
    return values((await gradient(model, runtime, { of: [{ tensor: 'scores', index: 0 }], wrt: ['x'], inputs, rules })).x)
  }

  test('guided backpropagation', async () => {
    expect(await byTable(guidedBackprop)).toEqual(
      [
        [0, 1, 1, 1],
        [1, 3, 3, 2],
        [1, 3, 3, 2],
        [1, 2, 2, 1],
      ].flat(),
    )
  })

  test('deconvolution: five places of eight are positive, whether the convolution was or not', async () => {
    // channel 0 everywhere, channel 1 in its first corner
    expect(await byTable(deconvnet)).toEqual(
      [
        [2, 3, 3, 1],
        [3, 5, 5, 2],
        [3, 5, 5, 2],
        [1, 2, 2, 1],
      ].flat(),
    )
  })
})

const [slope, low, six, zero] = [float32([0.2, 0.3, 0.1, 0.4], [4]), float32([-0.5], []), float32([0.7], []), float32([0], [])]

/** An operator on x [3, 4], constants by name, attributes, and whether it rectifies. */
type Case = [
  operator: string,
  constants: Record<string, Tensor>,
  attributes: Record<string, AttributeValue>,
  rectifies: boolean,
  domain?: string,
]

const cases: Case[] = [
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'Softplus', 'HardSwish', 'Mish'].map((operator): Case => [operator, {}, {}, true]),
  ['ThresholdedRelu', {}, { alpha: { float: 0.2 } }, true],
  ['Gelu', {}, {}, true],
  ['PRelu', { slope }, {}, true],
  ['Clip', { zero, six }, {}, true],
  ['Clip', { low, six }, {}, false],
  ['Max', { zero }, {}, true],
  ['Max', { low }, {}, false],
  ...['Gelu', 'FastGelu', 'QuickGelu'].map((operator): Case => [operator, {}, {}, true, 'com.microsoft']),
  ['BiasGelu', { slope }, {}, true, 'com.microsoft'],
  ...['Tanh', 'Sigmoid', 'HardSigmoid', 'Softsign', 'Abs', 'Neg', 'Exp'].map((operator): Case => [operator, {}, {}, false]),
]

describe('at each operator', () => {
  test.each(cases)('%s %j %j: rectifies %s', async (operator, constants, attributes, rectifies, domain = '') => {
    const spec: ModelSpec = {
      inputs: { x: [3, 4] },
      outputs: { y: [3, 4] },
      weights: constants,
      nodes: [node(operator, ['x', ...Object.keys(constants)], 'y', attributes, domain)],
      opset: operator === 'Gelu' ? 20 : operator === 'Mish' ? 18 : 16,
      domains: domain === '' ? [] : [domain],
    }
    const [model, inputs, seed] = [readModel(buildModel(spec)), { x: numbers(3, [3, 4]) }, numbers(7, [3, 4])]
    const positive = float32(
      values(seed).map((value) => Math.max(value, 0)),
      [3, 4],
    )
    const by = async (rules: RuleTable, upstream: Tensor): Promise<number[]> =>
      values((await gradient(model, runtime, { of: [{ tensor: 'y', seed: upstream }], wrt: ['x'], inputs, rules })).x)
    expect(await by(guidedBackprop, seed)).toEqual(await by(plain, rectifies ? positive : seed))
    expect(await by(deconvnet, seed)).toEqual(rectifies ? values(positive) : await by(plain, seed))
    expect(await by(guidedBackprop, seed)).not.toEqual(await by(deconvnet, rectifies ? seed : positive))
  })

  test('Relu inside a fused convolution', async () => {
    const spec: ModelSpec = {
      inputs: { x: [1, 2, 5, 5] },
      outputs: { y: [1, 3, 3, 3] },
      weights: { w: numbers(5, [3, 2, 3, 3]), b: numbers(6, [3]) },
      nodes: [node('FusedConv', ['x', 'w', 'b'], 'y', { activation: 'Relu' }, 'com.microsoft')],
      domains: ['com.microsoft'],
    }
    const apart = { ...spec, nodes: [node('Conv', ['x', 'w', 'b'], 'z'), node('Relu', ['z'], 'y')], domains: [] }
    const seed = numbers(9, [1, 3, 3, 3])
    const by = async (each: ModelSpec): Promise<number[]> => {
      const request = { of: [{ tensor: 'y', seed }], wrt: ['x'], inputs: { x: numbers(8, [1, 2, 5, 5]) }, rules: guidedBackprop }
      return values((await gradient(readModel(buildModel(each)), runtime, request)).x)
    }
    expectClose(await by(spec), await by(apart), { atol: 1e-6, rtol: 1e-6 })
  })

  test('slopes and biases of rectifiers have gradients, too', async () => {
    const spec: ModelSpec = {
      inputs: { x: [3, 4] },
      outputs: { y: [3, 4] },
      weights: { slope },
      nodes: [node('PRelu', ['x', 'slope'], 'y')],
    }
    const inputs = { x: numbers(3, [3, 4]) }
    const seed = numbers(7, [3, 4])
    const of = [{ tensor: 'y', seed }]
    const both = await gradient(readModel(buildModel(spec)), runtime, { of, wrt: ['x', 'slope'], inputs, rules: deconvnet })
    const [x, up] = [values(inputs.x), values(seed).map((value) => Math.max(value, 0))]
    expect(values(both.x)).toEqual(up)
    const expected = [0, 1, 2, 3].map((k) => [0, 4, 8].reduce((sum, row) => sum + Math.min(x[row + k] ?? 0, 0) * (up[row + k] ?? 0), 0))
    expectClose(values(both.slope), expected, { atol: 1e-6, rtol: 1e-6 })
  })
})

interface InputMethods {
  input_methods: { guided_backprop?: { file: string } }
  tolerance: { guided_backprop_t0?: Tolerance }
}

describeShared('guided backpropagation of networks', 'golden/nets/index.json', () => {
  const nets = listNets().flatMap(({ net }) => {
    const info = JSON.parse(readFileSync(requireShared('golden/nets', net, 'case.json'), 'utf8')) as InputMethods
    const { guided_backprop: method } = info.input_methods
    return method ? [{ net, file: method.file, tolerance: info.tolerance.guided_backprop_t0 as Tolerance }] : []
  })

  test('all that have it', () => expect(nets).toHaveLength(13))

  test.each(nets)('$net', async ({ net, file, tolerance }) => {
    const { model, inputs, targets } = loadNet(net)
    const [target] = targets
    const [wrt] = Object.keys(inputs) as [string]
    const of = [{ tensor: target?.output ?? '', seed: target?.seed as Tensor }]
    const result = await gradient(readModel(model), runtime, { of, wrt: [wrt], inputs, rules: guidedBackprop })
    const truth = readTensorProto(readFileSync(requireShared('golden/nets', net, file)))
    expectClose(result[wrt] as Tensor, truth, tolerance, net)
    // the plain gradient is another one
    expect(relativeError(target?.gradInputs[wrt]?.gradient as Tensor, truth)).toBeGreaterThan(0.05)
  })
})

describeShared('captum', 'golden/peers/peers.json', () => {
  const info = JSON.parse(readFileSync(requireShared('golden/peers/peers.json'), 'utf8')) as { target: number[]; output: string }
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(requireShared(`golden/peers/${file}.pb`)))
  const model = readModel(readFileSync(requireShared('golden/peers/model.onnx')))
  const [input] = model.graph.inputs.map(({ name }) => name) as [string]
  const seed = new Float32Array(8)
  info.target.forEach((index, n) => (seed[n * 4 + index] = 1))

  test.each([
    ['GuidedBackprop', guidedBackprop],
    ['Deconvolution', deconvnet],
  ] as const)('%s', async (file, rules) => {
    const of = [{ tensor: info.output, seed: float32(seed, [2, 4]) }]
    const result = await gradient(model, runtime, { of, wrt: [input], inputs: { [input]: tensor('input') }, rules })
    expect(relativeError(result[input] as Tensor, tensor(`captum/${file}`))).toBeLessThan(1e-5)
  })
})
