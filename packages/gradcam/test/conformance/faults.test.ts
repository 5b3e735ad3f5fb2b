/** @file Known faults of providers, each shown by a tiny model: a test fails once upstream has mended its fault, and says which detour may go. */
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { createBuilder } from '../../src/graph/emit.ts'
import { type Fault, type FaultName, faults } from '../../src/runtime/capabilities.ts'
import { float32, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import { numbers, type OneNode, oneNode } from '../support/finite-differences.ts'
import { runtimeFor, unavailable } from '../support/providers.ts'

const int64 = (values: readonly number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) })
const booleans: Tensor = { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) }
const x = numbers(1, [1, 4, 4, 4])
const volume = numbers(1, [1, 2, 3, 3, 3])

/** The smallest model that meets each fault. */
const models: Record<FaultName, Omit<OneNode, 'operator'>> = {
  convChannels: { opset: 13, inputs: { x: numbers(1, [1, 6, 5, 5]), w: numbers(2, [4, 6, 3, 3]) } },
  groupedConv: { opset: 13, inputs: { x: numbers(1, [1, 4, 5, 5]), w: numbers(2, [10, 2, 3, 3]) }, attributes: { group: 2 } },
  groupedConvTranspose: { opset: 13, inputs: { x, w: numbers(2, [4, 1, 3, 3]) }, attributes: { group: 2 } },
  convTransposeOfVolumes: { opset: 13, inputs: { x: volume, w: numbers(2, [2, 1, 2, 2, 2]) } },
  maxPoolIndices: { opset: 13, inputs: { x }, outputs: ['y', 'indices'], attributes: { kernel_shape: [2, 2] } },
  antialias: {
    opset: 18,
    inputs: { x },
    constants: { scales: float32([1, 1, 0.5, 0.5], [4]) },
    reads: ['x', '', 'scales'],
    attributes: { antialias: 1, mode: 'linear' },
  },
  softmax: { opset: 11, inputs: { x: numbers(1, [2, 3]) }, attributes: { axis: 0 } },
  reduceLogSumExp: { opset: 13, inputs: { x: float32([100, 101, 50], [1, 3]) }, attributes: { axes: [1] } },
  Sum: { opset: 13, inputs: { x, z: x } },
  Mean: { opset: 13, inputs: { x, z: x } },
  Sign: { opset: 13, inputs: { x } },
  Or: { opset: 13, inputs: { a: booleans, b: booleans } },
  Xor: { opset: 13, inputs: { a: booleans, b: booleans } },
  OneHot: { opset: 13, inputs: { places: int64([0, 1]) }, constants: { depth: int64([3]), values: float32([0, 1], [2]) } },
  ConstantOfShape: { opset: 13, inputs: { shape: int64([2, 3]) } },
  LogSoftmax: { opset: 13, inputs: { x } },
  EyeLike: { opset: 13, inputs: { x: numbers(1, [3, 3]) } },
  Mod: { opset: 13, inputs: { x, z: numbers(2, [1, 4, 4, 4], 1, 2) }, attributes: { fmod: 1 } },
  Round: { opset: 13, inputs: { x } },
  LRN: { opset: 13, inputs: { x }, attributes: { size: 3 } },
  SpaceToDepth: { opset: 13, inputs: { x }, attributes: { blocksize: 2 } },
}

/** What the provider does with the model: the same three words as in the table, or nothing wrong. */
async function seen({ provider, happens, operator }: Fault, spec: Omit<OneNode, 'operator'>): Promise<Fault['happens'] | 'nothing'> {
  const model = oneNode({ operator, ...spec })
  if (happens === 'stays on the CPU') {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    }).catch((error: unknown) => {
      if (error instanceof Error && error.message.includes('assigned to the default CPU EP')) return undefined
      throw error
    })
    await session?.release()
    return session ? 'nothing' : 'stays on the CPU'
  }
  const results = await Promise.all([outputOf('cpu'), outputOf(provider).catch(() => undefined)])
  const [expected, actual] = results.map((tensor) => tensor && toFloat32(tensor))
  if (!actual) return 'fails'
  return expected?.every((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)) <= 1e-3 * (1 + Math.abs(value))) ? 'nothing' : 'is wrong'

  async function outputOf(where: Fault['provider']): Promise<Tensor> {
    const session = await (await runtimeFor(where)).open({ bytes: model, external: [] })
    try {
      return (await session.run(spec.inputs))['y'] as Tensor
    } finally {
      await session.release()
    }
  }
}

describe('known faults of providers are still there', () => {
  for (const [name, fault] of Object.entries(faults) as [FaultName, Fault][]) {
    const missing = unavailable(fault.provider)
    const title = `${fault.provider}: ${fault.operator} ${fault.happens}, ${fault.when}`
    test.skipIf(missing)(missing ? `skipped, ${missing}: ${title}` : title, async () => {
      const detour = fault.instead === undefined ? '' : `; emitting ${fault.instead} instead may go`
      const mended = `mended upstream: remove ${name} from runtime/capabilities.ts${detour}`
      expect(await seen(fault, models[name]), mended).toBe(fault.happens)
    })
  }
})

describe('what is known to be at fault', () => {
  const missing = unavailable('webgpu')
  const sound = { provider: 'webgpu', operator: 'Relu', when: 'never' } as const
  test.skipIf(missing)(
    missing ? `skipped, ${missing}: a sound operator is seen to be sound` : 'a sound operator is seen to be sound',
    async () => {
      expect(await seen({ ...sound, happens: 'is wrong' }, { opset: 13, inputs: { x } })).toBe('nothing')
      expect(await seen({ ...sound, happens: 'stays on the CPU' }, { opset: 13, inputs: { x } })).toBe('nothing')
    },
  )

  test('is never emitted', () => {
    const g = createBuilder(13, 'gradcam/', () => undefined)
    const value = { name: 'x', type: 'float32', shape: [1, 1, 4, 4] } as const
    expect(() => g.unary('Sign', value)).toThrow('Sign stays on the CPU on webgpu (always): emit comparisons')
    expect(() => g.node('Resize', [value], value, { antialias: 1 })).toThrow(/Resize fails on webgpu/)
    expect(() => g.nodes('MaxPool', [value], [value, value], { kernel_shape: [1, 1] })).toThrow(/MaxPool fails on webgpu/)
    expect(() => g.node('MaxPool', [value], value, { kernel_shape: [1, 1] })).not.toThrow()
  })
})
