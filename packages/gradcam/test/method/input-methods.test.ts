/** @file Pixel gradients of whole networks against native torch modules in float64: the input methods of ../shared/golden/nets. */
import { expect, test } from 'vitest'
import { differences } from '../../src/method/saliency/deeplift.ts'
import { fullGradient } from '../../src/method/saliency/full-grad.ts'
import { guidedGradient } from '../../src/method/saliency/guided-backprop.ts'
import { alongPath } from '../../src/method/saliency/integrated-gradients.ts'
import { meanPowers } from '../../src/method/noise.ts'
import { quadrature } from '../../src/method/saliency/quadrature.ts'
import type { GraphContext } from '../../src/run/graph-context.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import type { Value } from '../../src/graph/graph.ts'
import { sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { expectClose } from '../support/close.ts'
import { pathOperators } from '../support/path-operators.ts'
import { type InputMethod, type InputMethodName, listNets, loadInputMethods, loadNet, type LoadedNet } from '../support/golden-nets.ts'
import { imageAt } from '../support/net-targets.ts'
import { valuesOf, withRunContext } from '../support/run-context.ts'
import { seedObjective } from '../support/seed-objective.ts'
import { describeShared } from '../support/shared.ts'

/** How many networks store each: a loader that finds none must not pass. */
const stored: Record<string, number> = { gradient: 26, integrated_gradients: 26, smoothgrad: 26, guided_backprop: 13, fullgrad: 2 }

describeShared('pixel gradients of networks', 'golden/nets/index.json', () => {
  const nets = listNets().map(({ net }) => ({ net: loadNet(net), methods: loadInputMethods(net) }))

  /** One test per network that stores the method: `compute` gives [C, H, W], or [H, W], of the n-th image. */
  const compare = (
    name: InputMethodName | 'gradient',
    compute: (context: RunContext, n: number, method: InputMethod) => Promise<ArrayLike<number>>,
  ) => {
    const having = nets.flatMap(({ net, methods }) => {
      const method = name === 'gradient' ? gradientOf(net) : methods[name]
      return method ? [{ net, method }] : []
    })
    test(`${name}: ${having.length} networks`, () => expect(having.length).toBe(stored[name]))
    for (const { net, method } of having) {
      test(`${name}: ${net.net}`, async () => {
        const size = method.value.data.length / (method.value.dims[0] ?? 1)
        const all = new Float64Array(method.value.data.length)
        for (let n = 0; n < (method.value.dims[0] ?? 1); n++) {
          const values = await withRunContext(runContextOf(net, n), (context) => compute(context, n, method))
          expect(values.length).toBe(size)
          all.set(values, n * size)
        }
        expectClose(all, method.value.data as Float32Array, method.tolerance, name)
      })
    }
  }
  const byNodes = (of: (context: GraphContext) => Value) => (context: RunContext) => valuesOf(context, of)

  compare(
    'gradient',
    byNodes(({ imageGradient }) => imageGradient()),
  )
  compare('integrated_gradients', async (context) => {
    const { data } = await alongPath(context, new Float32Array(context.image.data.length), quadrature('midpoint', 50))
    return data
  })
  compare('smoothgrad', async (context, n, { noise }) => {
    const { dims, data } = noise as Tensor
    const size = sizeOf(dims.slice(2))
    const ofSample = (i: number): Float32Array => (data as Float32Array).subarray((i * (dims[1] ?? 1) + n) * size).subarray(0, size)
    const copies = { samples: dims[0] ?? 0, noise: ofSample, gradient: ({ imageGradient }: GraphContext) => imageGradient() }
    const [mean] = await meanPowers(context, copies, 1)
    return mean ?? []
  })
  compare('guided_backprop', byNodes(guidedGradient))
  compare('fullgrad', (context) => valuesOf(context, (inner) => fullGradient(inner, context.imageInput, context.objective.reads).map))

  /** Where attributions must add up: the networks that have none of these operators between image and score. */
  const complete = (
    name: string,
    expected: number,
    without: readonly string[],
    sums: (context: RunContext) => Promise<{ sum: number; due: number }>,
  ) => {
    const fitting = nets.filter(({ net: { model, inputs, targets } }) => {
      const operators = pathOperators(model, Object.keys(inputs).slice(0, 1), [targets[0]?.output ?? ''])
      return !without.some((operator) => operators.has(operator))
    })
    test(`${name} is complete on ${fitting.length} networks`, async () => {
      expect(fitting.length).toBe(expected)
      for (const { net } of fitting) {
        const { sum, due } = await withRunContext(runContextOf(net, 0), sums)
        expect([net.net, Math.abs(sum - due) < 1e-4 * Math.abs(due)]).toEqual([net.net, true])
      }
    })
  }
  const throughAll = ['LayerNormalization', 'InstanceNormalization', 'ReduceL2', 'Softmax']
  complete('DeepLIFT', 20, throughAll, async (context) => {
    const { data, score, before } = await differences(context, new Float32Array(context.image.data.length))
    return { sum: data.reduce((a, b) => a + b, 0), due: score - before }
  })
  // networks that are linear around every image
  const bent = ['Mul', 'Pow', 'Sqrt', 'Erf', 'Clip', 'HardSwish', 'HardSigmoid', 'Sigmoid', 'Elu', 'Tanh', 'Softplus', ...throughAll]
  complete('FullGrad', 12, bent, async (context) => {
    const { width, height } = context.image
    const [input = 0, biases = 0, score = 0] = await valuesOf(context, (inner) => {
      const full = fullGradient(inner, context.imageInput, context.objective.reads)
      expect(full.map.shape).toEqual([inner.batch, height, width])
      return inner.g.concat(
        [full.input, full.biases, inner.score].map((value) => inner.g.reshape(value, [inner.batch, 1])),
        1,
      )
    })
    return { sum: input + biases, due: score }
  })
})

const gradientOf = ({ inputs, targets }: LoadedNet): InputMethod | undefined => {
  const truth = targets[0]?.gradInputs[Object.keys(inputs)[0] ?? '']
  return truth && { value: truth.gradient, tolerance: truth.tolerance }
}

/** The n-th image of a network, its target 0 by the seed. */
function runContextOf({ model, inputs, targets, features }: LoadedNet, n: number): Parameters<typeof withRunContext>[0] {
  const target = targets[0]
  if (!target) throw new Error('a network has targets')
  return {
    model,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, imageAt(tensor, n)])),
    objective: seedObjective(target.output, imageAt(target.seed, n)),
    featureLayer: features.tensor,
    reductionLayer: target.output,
  }
}
