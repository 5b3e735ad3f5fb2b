/** @file Type, shape and, where it is fixed, value of every tensor of a graph: declared by the model, else learnt from the runtime. */
import { GradcamError } from '../core/errors.ts'
import { elementTypeOf } from '../io/onnx-tensor.ts'
import type { Model } from './model.ts'
import type { Runtime, Session } from '../runtime/runtime.ts'
import { type ElementType, sizeOf, type Tensor, type TensorData } from '../core/tensor.ts'
import { checkShape } from '../model/check.ts'
import { deriveModel } from './derive.ts'
import { type Builder, createBuilder } from './emit.ts'
import { traitsOf } from './operators.ts'
import { followsFrom } from './path.ts'
import { constantOf, type Dim, type Graph, type Shape, type Value } from './graph.ts'

export interface TensorInfo {
  /** The tensor with its type and shape; throws where they are not known. */
  value(name: string): Value
  find(name: string): Value | undefined
  /** The value of an initializer, a constant, or shape arithmetic that does not change with the batch. */
  constant(name: string): Tensor | undefined
  /** A tensor and axis where a free dimension can be read at run time. */
  dimSource(symbol: string): { tensor: Value; axis: number } | undefined
  /** Shapes of the fed inputs as they were asked for; the batch fixed where the model turned out to allow one size only. */
  inputShapes: InputShapes
}

/** What is known of the model's tensors and of those that a builder made. */
export function tensorInfoWith(info: TensorInfo, g: Builder): TensorInfo {
  return {
    ...info,
    find: (name) => g.made(name)?.value ?? info.find(name),
    value: (name) => g.made(name)?.value ?? info.value(name),
    constant: (name) => g.made(name)?.constant ?? info.constant(name),
  }
}

/** One shape per fed input; a string stands for a free dimension: the batch. */
export type InputShapes = Readonly<Record<string, Shape>>

interface Knowledge {
  types: Map<string, ElementType>
  shapes: Map<string, Shape>
  constants: Map<string, Tensor>
}

/** Learns types and shapes of all tensors at given input shapes. */
export async function learnTensorInfo(model: Model, runtime: Runtime, inputShapes: InputShapes): Promise<TensorInfo> {
  const { graph } = model
  const known: Knowledge = { types: new Map(), shapes: new Map(), constants: new Map() }
  for (const input of graph.inputs) {
    known.types.set(input.name, input.type ?? 'float32')
    known.shapes.set(input.name, inputShapes[input.name] ?? [])
  }
  for (const [name, tensor] of graph.initializers) {
    const type = elementTypeOf(tensor.dataType)
    if (type) known.types.set(name, type)
    known.shapes.set(name, tensor.dims.map(Number))
  }
  const names = graph.nodes.flatMap((node) => node.outputs.filter(Boolean))
  if (!takeDeclared(graph, names, inputShapes, known)) await infer(model, runtime, names, inputShapes, known)
  const unknown = names.filter((name) => known.types.has(name) && !known.shapes.has(name))
  const arithmetic = shapeArithmetic(graph)
  if (unknown.length === 0 && arithmetic.length === 0) return tensorInfoOf(graph, known, inputShapes)
  try {
    await probe(model, runtime, unknown, arithmetic, inputShapes, known)
    return tensorInfoOf(graph, known, inputShapes)
  } catch (error) {
    // some exporters call the batch free and then write its size into a Reshape: such a model runs with one image only
    const single = Object.fromEntries(
      Object.entries(inputShapes).map(([name, shape]) => [name, shape.map((dim) => (typeof dim === 'string' ? 1 : dim))]),
    )
    if (JSON.stringify(single) === JSON.stringify(inputShapes)) throw error
    return learnTensorInfo(model, runtime, single)
  }
}

function tensorInfoOf(graph: Graph, { types, shapes, constants }: Knowledge, inputShapes: InputShapes): TensorInfo {
  for (const [name, shape] of shapes) checkShape(name, shape)
  const find = (name: string): Value | undefined => {
    const type = types.get(name)
    const shape = shapes.get(name)
    return type && shape ? { name, type, shape } : undefined
  }
  const sources = new Map<string, { tensor: Value; axis: number }>()
  for (const [name, shape] of shapes) {
    const tensor = find(name)
    if (!tensor) continue
    for (const [axis, dim] of shape.entries()) if (typeof dim === 'string' && !sources.has(dim)) sources.set(dim, { tensor, axis })
  }
  return {
    find,
    value(name) {
      const tensor = find(name)
      if (tensor) return tensor
      throw new GradcamError('unsupported-model', `type and shape of the tensor ${name} cannot be found out`, {
        hint: 'fix the input size of the model, or run onnx.shape_inference on it',
      })
    },
    constant(name) {
      const tensor = constants.get(name) ?? constantOf(graph, name)
      if (tensor) constants.set(name, tensor)
      return tensor
    },
    dimSource: (symbol) => sources.get(symbol),
    inputShapes,
  }
}

/** Takes what the model declares, if it declares everything and that holds for these input shapes. */
function takeDeclared(graph: Graph, names: readonly string[], inputShapes: InputShapes, known: Knowledge): boolean {
  const bound = new Map<string, Dim>()
  for (const input of graph.inputs) {
    const asked = inputShapes[input.name] ?? []
    if (input.shape?.length !== asked.length) return false
    for (const [axis, dim] of input.shape.entries()) {
      const size = asked[axis] as Dim
      if (typeof dim === 'number' ? dim !== size : dim === '' || typeof size !== 'string') return false
      if (typeof dim === 'string') bound.set(dim, size)
    }
  }
  const outputs = new Map(graph.outputs.map((output) => [output.name, output]))
  const found: Value[] = []
  for (const name of names) {
    const declared = graph.declared.get(name) ?? outputs.get(name)
    const shape = declared?.shape?.map((dim) => (typeof dim === 'number' ? dim : bound.get(dim)))
    if (!declared?.type || !shape || shape.includes(undefined)) return false
    found.push({ name, type: declared.type, shape: shape as Shape })
  }
  for (const { name, type, shape } of found) {
    known.types.set(name, type)
    known.shapes.set(name, shape)
  }
  return true
}

/** Asks the runtime's own shape inference: every tensor is made an output, nothing is run. */
async function infer(model: Model, runtime: Runtime, names: readonly string[], inputShapes: InputShapes, known: Knowledge): Promise<void> {
  const bare = deriveModel(model, { outputs: names, inputShapes, weightless: true })
  // a few kernels must see their weights to be made at all
  const session = await runtime
    .open(bare, { optimize: false })
    .catch(() => runtime.open(deriveModel(model, { outputs: names, inputShapes }), { optimize: false }))
  try {
    const free = freeDims(inputShapes)
    for (const { name, type, shape } of session.outputs) {
      if (!shape) continue
      known.types.set(name, type)
      // the runtime says [] for scalars and for unknown ranks alike, and invents names for dimensions it cannot compute
      const sure = shape.length > 0 && shape.every((dim) => (typeof dim === 'number' ? dim >= 0 : free.has(dim)))
      if (sure) known.shapes.set(name, shape)
    }
  } finally {
    await session.release()
  }
}

const freeDims = (inputShapes: InputShapes): Set<string> =>
  new Set(Object.values(inputShapes).flatMap((shape) => shape.filter((dim) => typeof dim === 'string')))

/** Linear operators: no gradient hangs on the values of their weights, which may be computed of smaller ones (int8 → Cast → Mul). */
const weighted = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul'])

/** Computed tensors that depend on shapes and constants alone, and are read by a node that depends on more. */
function shapeArithmetic(graph: Graph): string[] {
  const fixed = new Set(graph.initializers.keys())
  for (const node of graph.nodes) {
    if (traitsOf(node).measures || followsFrom(fixed, node)) for (const name of node.outputs) if (name) fixed.add(name)
  }
  const wanted = new Set<string>()
  for (const node of graph.nodes) {
    if (weighted.has(node.operator) || node.outputs.some((name) => fixed.has(name))) continue
    for (const name of node.inputs) {
      const maker = graph.producers.get(name)
      if (maker && maker.operator !== 'Constant' && fixed.has(name)) wanted.add(name)
    }
  }
  return [...wanted]
}

/** Runs the model with one image and, where the batch is free, with two: shapes that grow belong to the batch. */
async function probe(
  model: Model,
  runtime: Runtime,
  unknown: readonly string[],
  arithmetic: readonly string[],
  inputShapes: InputShapes,
  known: Knowledge,
): Promise<void> {
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
    const one = await runOnZeros(session, model.graph, inputShapes, 1)
    const two = free === undefined ? one : await runOnZeros(session, model.graph, inputShapes, 2)
    for (const [name, output] of shapeOf) {
      const first = dimsOf(one[output])
      const second = dimsOf(two[output])
      known.shapes.set(
        name,
        first.map((dim, axis) => growth(dim, second[axis] ?? dim, free ?? '')),
      )
    }
    for (const name of arithmetic) {
      const [a, b] = [one[name], two[name]]
      if (a && b && sameTensor(a, b)) known.constants.set(name, a)
    }
  } finally {
    await session.release()
  }
}

function runOnZeros(session: Session, graph: Graph, inputShapes: InputShapes, batch: number): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {}
  for (const { name } of session.inputs) {
    const type = graph.inputs.find((input) => input.name === name)?.type ?? 'float32'
    const dims = (inputShapes[name] ?? []).map((dim) => (typeof dim === 'string' ? batch : dim))
    feeds[name] = { type, dims, data: zeros(type, sizeOf(dims)) }
  }
  return session.run(feeds)
}

const dimsOf = (tensor: Tensor | undefined): number[] => Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number)

/** A dimension seen with one and with two images: fixed, the batch itself, or a line through both. */
function growth(one: number, two: number, batch: string): Dim {
  const slope = two - one
  if (slope === 0) return one
  const start = one - slope
  if (slope === 1 && start === 0) return batch
  return start === 0 ? `${slope}*${batch}` : `${slope}*${batch}+${start}`
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dims.length !== b.dims.length || a.data.length !== b.data.length) return false
  return a.dims.every((dim, i) => dim === b.dims[i]) && (a.data as Float32Array).every((value, i) => Object.is(value, b.data[i]))
}

function zeros(type: ElementType, size: number): TensorData {
  switch (type) {
    case 'float32':
      return new Float32Array(size)
    case 'float64':
      return new Float64Array(size)
    case 'int64':
      return new BigInt64Array(size)
    case 'uint64':
      return new BigUint64Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'uint32':
      return new Uint32Array(size)
    case 'int16':
      return new Int16Array(size)
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return new Uint16Array(size)
    case 'int8':
      return new Int8Array(size)
    default:
      return new Uint8Array(size)
  }
}
