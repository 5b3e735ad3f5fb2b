/** @file Shapes and values that no inference finds: the model is run on what is given or on zeros, once with one image and once with two. */
import { type ElementType, sizeOf, type Tensor, type TensorData } from '../core/tensor.ts'
import { elementBytes, elementsOf } from '../io/elements.ts'
import type { Runtime, Session } from '../runtime/runtime.ts'
import { deriveModel } from './derive.ts'
import { createBuilder } from './emit.ts'
import type { Graph, Value } from './graph.ts'
import type { Model } from './model.ts'
import { traitsOf } from './operators.ts'
import { followsFrom } from './path.ts'
import { keepValue } from './shapes/keep-value.ts'
import { growth } from './shapes/work-out.ts'
import { freeDims, type InputShapes, type Knowledge } from './tensor-info.ts'

/** Inputs by name. */
export type Fed = Readonly<Record<string, Tensor>>

export interface Probe {
  /** Tensors whose shape is not known. */
  unknown: readonly string[]
  /** Tensors whose value is needed: see `shapeArithmetic`. */
  arithmetic: readonly string[]
  inputShapes: InputShapes
  /** What is fed; zeros for what is not named, and for shapes of another size. */
  inputs?: Fed | undefined
  /** Takes what is learnt. */
  known: Knowledge
}

/** Computed tensors that depend on shapes and constants alone, and are read by a node that depends on more. */
export function shapeArithmetic(graph: Graph): string[] {
  const fixed = new Set(graph.initializers.keys())
  for (const node of graph.nodes) {
    if (traitsOf(node).measures || followsFrom(fixed, node)) for (const name of node.outputs) if (name) fixed.add(name)
  }
  const wanted = new Set<string>()
  for (const node of graph.nodes) {
    // no gradient depends on the values of a linear operator's weights, which may be computed of smaller ones: int8 → Cast → Mul
    const { kind } = traitsOf(node)
    if (kind === 'convolution' || kind === 'dense' || node.outputs.some((name) => fixed.has(name))) continue
    for (const name of node.inputs) {
      const maker = graph.producers.get(name)
      if (maker && maker.operator !== 'Constant' && fixed.has(name)) wanted.add(name)
    }
  }
  return [...wanted]
}

/** Runs the model with one image and, where the batch is free, with two: shapes that grow belong to the batch. */
export async function probe(model: Model, runtime: Runtime, { unknown, arithmetic, inputShapes, inputs, known }: Probe): Promise<void> {
  const builder = createBuilder(model.graph.opset, 'gradcam-probe/', () => undefined)
  const shapeOf = new Map(
    unknown.map((name) => {
      const tensor: Value = { name, type: known.types.get(name) ?? 'float32', shape: [] }
      return [name, builder.node('Shape', [tensor], { type: 'int64', shape: [0] }).name]
    }),
  )
  const outputs = [...shapeOf.values(), ...arithmetic]
  const session = await runtime.open(deriveModel(model, { ...builder.emission, outputs, inputShapes }), { optimize: false })
  try {
    const free = [...freeDims(inputShapes)][0]
    const one = await runOn(session, model.graph, inputShapes, 1, inputs)
    const two = free === undefined ? one : await runOn(session, model.graph, inputShapes, 2, inputs)
    for (const [name, output] of shapeOf) {
      const first = dimsOf(one[output])
      const second = dimsOf(two[output])
      const shape = first.map((dim, axis) => growth(dim, second[axis] ?? dim, free ?? ''))
      known.shapes.set(name, shape)
    }
    for (const name of arithmetic) keepValue(known, name, one[name], two[name])
  } finally {
    await session.release()
  }
}

function runOn(session: Session, graph: Graph, inputShapes: InputShapes, batch: number, inputs: Fed = {}): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {}
  for (const { name } of session.inputs) {
    const type = graph.inputs.find((input) => input.name === name)?.type ?? 'float32'
    const dims = (inputShapes[name] ?? []).map((dim) => (typeof dim === 'string' ? batch : dim))
    const given = inputs[name]
    feeds[name] = given?.type === type && given.dims.join() === dims.join() ? given : { type, dims, data: zeros(type, sizeOf(dims)) }
  }
  return session.run(feeds)
}

const dimsOf = (tensor: Tensor | undefined): number[] => Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number)

function zeros(type: ElementType, size: number): TensorData {
  const numeric = type === 'string' ? 'uint8' : type
  return elementsOf(numeric, new Uint8Array(size * elementBytes(numeric)))
}
