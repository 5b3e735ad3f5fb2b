/** @file Gradients against central differences of what the runtime computes: for operators that have no golden case. */
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { plain } from '../../src/gradient/tables.ts'
import { dense } from '../../src/gradient/cotangent.ts'
import { walkBack } from '../../src/gradient/walk.ts'
import { deriveModel } from '../../src/graph/derive.ts'
import { type AttributeValue, attributeOf, createBuilder } from '../../src/graph/emit.ts'
import { learnTensorInfo } from '../../src/graph/learn-tensor-info.ts'
import { isFloat, type Value } from '../../src/graph/graph.ts'
import { dataTypeOf, protoOf } from '../../src/io/onnx-tensor.ts'
import { readModel } from '../../src/graph/model.ts'
import { nodeRuntime } from '../../src/node/runtime.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { float32, sizeOf, type Tensor } from '../../src/core/tensor.ts'
import { expectClose } from './close.ts'

const runtime = await nodeRuntime({ threads: 1 })

export interface OneNode {
  operator: string
  opset: number
  domain?: string
  /** Fed tensors and constants, by name. */
  inputs: Readonly<Record<string, Tensor>>
  constants?: Readonly<Record<string, Tensor>>
  /** Names the node reads, '' for one left out; the inputs in their order unless told. */
  reads?: readonly string[]
  outputs?: readonly string[]
  attributes?: Readonly<Record<string, AttributeValue>>
  /** Leaves the first dimension of these inputs free, as exporters do with the batch. */
  free?: readonly string[]
}

/** A model of a single node. */
export function oneNode({
  operator,
  opset,
  domain = '',
  inputs,
  constants = {},
  reads,
  outputs = ['y'],
  attributes = {},
  free = [],
}: OneNode): Uint8Array {
  const value = (name: string, tensor: Tensor) => ({
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType: dataTypeOf(tensor.type), shape: shapeOf(name, tensor) } } },
  })
  const shapeOf = (name: string, { dims }: Tensor) => ({
    dim: dims.map((dim, axis) => ({
      value:
        axis === 0 && free.includes(name)
          ? { case: 'dimParam' as const, value: 'batch' }
          : { case: 'dimValue' as const, value: BigInt(dim) },
    })),
  })
  const opsets = [{ domain: '', version: BigInt(opset) }, ...(domain === '' ? [] : [{ domain, version: 1n }])]
  const node = {
    opType: operator,
    domain,
    input: [...(reads ?? [...Object.keys(inputs), ...Object.keys(constants)])],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, attribute]) => attributeOf(name, attribute)),
  }
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: opset < 21 ? 8n : 10n,
      opsetImport: opsets,
      graph: {
        name: operator,
        node: [node],
        initializer: Object.entries(constants).map(([name, tensor]) => protoOf(tensor, name)),
        input: Object.entries(inputs).map(([name, tensor]) => value(name, tensor)),
        output: outputs.filter(Boolean).map((name) => ({ name })),
      },
    }),
  )
}

/** Numbers from a seed, evenly between `low` and `high`. */
export function numbers(seed: number, dims: readonly number[], low = -1, high = 1): Tensor {
  let state = seed * 2654435761 + 1
  const next = (): number => {
    // Marsaglia's xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 8; i++) next()
  return float32(
    Float32Array.from({ length: sizeOf(dims) }, () => low + (high - low) * next()),
    dims,
  )
}

export interface DifferenceOptions {
  /** Outputs that are differentiated; the first one unless told. */
  of?: readonly string[]
  /** Inputs to differentiate by; all float inputs unless told. */
  wrt?: readonly string[]
  /** Distance of the outer points. */
  step?: number
  /** Part of the largest gradient that may be off. */
  tolerance?: number
  /** Where the gradient is computed; the differences always come from the CPU. */
  on?: Runtime
}

/**
 * Throws unless the gradients agree with the five-point difference quotient (8(f₁ − f₋₁) − (f₂ − f₋₂))/6h of
 * Σ seed · output in float32: within 1e-3 of the largest gradient (its own error is about 1e-4).
 */
export async function checkByDifferences(
  model: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
  {
    of = ['y'],
    wrt = Object.keys(inputs).filter((name) => isFloat(inputs[name]?.type)),
    step = 0.02,
    tolerance = 1e-3,
    on = runtime,
  }: DifferenceOptions = {},
): Promise<void> {
  const session = await runtime.open({ bytes: model, external: [] })
  try {
    const first = await session.run(inputs)
    const seeds = Object.fromEntries(of.map((name, i) => [name, numbers(77 + i, first[name]?.dims ?? [], 0.5, 1.5)]))
    const gradients = await analytic(model, inputs, seeds, wrt, on)
    const objective = async (name: string, moved: Tensor): Promise<number> => {
      const outputs = await session.run({ ...inputs, [name]: moved })
      let sum = 0
      for (const [output, seed] of Object.entries(seeds)) {
        const values = outputs[output]?.data as Float32Array
        for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * Number(seed.data[i])
      }
      return sum
    }
    for (const name of wrt) {
      const input = inputs[name] as Tensor
      const expected = new Float64Array(input.data.length)
      for (let i = 0; i < expected.length; i++) {
        const at = (offset: number): Promise<number> => objective(name, moved(input, i, offset))
        const half = step / 2
        expected[i] = (8 * ((await at(half)) - (await at(-half))) - ((await at(step)) - (await at(-step)))) / (6 * step)
      }
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expectClose(
        (gradients[name] as Tensor).data as Float32Array,
        expected,
        { atol: tolerance * Math.max(largest, 1e-3), rtol: 0 },
        `gradient of ${name}`,
      )
    }
  } finally {
    await session.release()
  }
}

function moved(tensor: Tensor, index: number, offset: number): Tensor {
  const data = Float32Array.from(tensor.data as Float32Array)
  data[index] = (data[index] ?? 0) + offset
  return { ...tensor, data }
}

/** The walk at the shapes that the model declares: a free batch stays free until the session runs. */
async function analytic(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
  seeds: Record<string, Tensor>,
  wrt: readonly string[],
  runtime: Runtime,
): Promise<Record<string, Tensor>> {
  const model = readModel(bytes)
  const shapes = Object.fromEntries(model.graph.inputs.map(({ name, shape }) => [name, shape ?? []]))
  const info = await learnTensorInfo(model, runtime, shapes)
  const builder = createBuilder(model.graph.opset, 'gradcam/', info.dimSource)
  const seedInputs = Object.keys(seeds).map((name): Value => ({ ...info.value(name), name: `gradcam/seed/${name}` }))
  const starts = Object.keys(seeds).map((tensor, i) => ({ tensor, cotangent: dense(seedInputs[i] as Value) }))
  const found = walkBack({ graph: model.graph, info, builder, rules: plain, seeds: starts, wrt })
  const outputs = new Map(
    wrt.map((name, i) => {
      const gradient = found[i]
      if (!gradient) throw new Error(`no gradient for ${name}`)
      return [name, builder.unary('Identity', builder.expand(gradient, info.value(name).shape)).name]
    }),
  )
  const derived = deriveModel(model, {
    ...builder.emission,
    inputs: seedInputs,
    outputs: [...outputs.values()],
    inputShapes: info.inputShapes,
  })
  const session = await runtime.open(derived)
  try {
    const fed = new Set(session.inputs.map(({ name }) => name))
    const feeds = { ...inputs, ...Object.fromEntries(Object.entries(seeds).map(([name, seed]) => [`gradcam/seed/${name}`, seed])) }
    const results = await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => fed.has(name))))
    return Object.fromEntries([...outputs].map(([name, output]) => [name, results[output] as Tensor]))
  } finally {
    await session.release()
  }
}
