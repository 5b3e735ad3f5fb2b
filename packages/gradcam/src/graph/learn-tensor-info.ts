/** @file Learns types and shapes: declared by the model, else worked out, else inferred by the runtime, else seen in a run. */
import { elementTypeOf } from '../io/onnx-tensor.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { behindCustom, customRefusal } from './custom-operators.ts'
import { deriveModel } from './derive.ts'
import type { Dim, Graph, Shape, Value } from './graph.ts'
import type { Model } from './model.ts'
import { takeFacts, textOfFacts } from './kept-facts.ts'
import { type Fed, probe, shapeArithmetic } from './probe.ts'
import { runArithmetic } from './shapes/run-arithmetic.ts'
import { workOutShapes, workOutValues } from './shapes/work-out.ts'
import { freeDims, type InputShapes, type Knowledge, type TensorInfo, tensorInfoOf } from './tensor-info.ts'

/** Where facts of one model at some shapes are kept. */
export interface KeptFacts {
  read(): Promise<string | undefined>
  write(text: string): void
  ignore(why: string): void
}

/**
 * Learns types and shapes of all tensors at given input shapes, but of those behind custom operators.
 *
 * @param inputs what is fed where a run must tell: sizes may depend on it. Default: zeros
 * @param kept where they are kept from one process to the next. Default: nowhere
 * @throws GradcamError `unsupported-operator` where the runtime lacks one
 */
export const learnTensorInfo = (
  model: Model,
  runtime: Runtime,
  inputShapes: InputShapes,
  inputs?: Fed,
  kept?: KeptFacts,
): Promise<TensorInfo> =>
  learn(model, runtime, inputShapes, inputs, kept).catch((error: unknown) => {
    throw customRefusal(model.graph, error)
  })

async function learn(model: Model, runtime: Runtime, inputShapes: InputShapes, inputs?: Fed, kept?: KeptFacts): Promise<TensorInfo> {
  const { graph } = model
  const known: Knowledge = { types: new Map(), shapes: new Map(), constants: new Map(), perImage: new Map() }
  for (const input of graph.inputs) {
    known.types.set(input.name, input.type ?? 'float32')
    known.shapes.set(input.name, inputShapes[input.name] ?? [])
  }
  for (const [name, tensor] of graph.initializers) {
    const type = elementTypeOf(tensor.dataType)
    if (type) known.types.set(name, type)
    known.shapes.set(name, tensor.dims.map(Number))
  }
  const before = await takeKept(kept, known)
  if (before) return tensorInfoOf(graph, known, before)
  const keep = (): TensorInfo => {
    const text = kept && textOfFacts(graph, known, inputShapes)
    if (text) kept.write(text)
    return tensorInfoOf(graph, known, inputShapes)
  }
  const custom = behindCustom(graph)
  const names = graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== '' && !custom.has(name)))
  if (names.length === 0 && custom.size > 0) throw customRefusal(graph)
  const declared = takeDeclared(graph, names, inputShapes, known)
  const arithmetic = shapeArithmetic(graph).filter((name) => !custom.has(name))
  const unknown = (): string[] => names.filter((name) => !known.shapes.has(name))
  let runs = declared && arithmetic.length === 0 ? [] : workOutShapes(graph, inputShapes, known, custom)
  if (unknown().length > 0) {
    await infer(model, runtime, unknown(), inputShapes, known)
    runs = workOutShapes(graph, inputShapes, known, custom)
  }
  const open = unknown().filter((name) => known.types.has(name))
  const values = workOutValues(runs, arithmetic, known)
  const alone = open.length === 0 && (values.length === 0 || (await runArithmetic(model, runtime, runs, values, known)))
  if (alone) return keep()
  try {
    await probe(model, runtime, { unknown: open, arithmetic: values, inputShapes, known, inputs })
    return keep()
  } catch (error) {
    // some exporters declare a free batch but write its size into a Reshape: such a model runs with one image only
    if (freeDims(inputShapes).size === 0) throw error
    const fixed = (shape: Shape): Shape => shape.map((dim) => (typeof dim === 'string' ? 1 : dim))
    const single = Object.fromEntries(Object.entries(inputShapes).map(([name, shape]) => [name, fixed(shape)]))
    return learn(model, runtime, single, inputs)
  }
}

/** Facts that were kept of this model at these shapes; what cannot be read changes nothing. */
async function takeKept(kept: KeptFacts | undefined, known: Knowledge): Promise<InputShapes | undefined> {
  const text = await kept?.read()
  if (text === undefined) return undefined
  try {
    return takeFacts(text, known)
  } catch (error) {
    kept?.ignore(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** Uses the declared types and shapes if the model declares all of them and they hold for these input shapes. */
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

/** Asks the runtime's own shape inference for what is not known: those tensors are made outputs, nothing is run. */
async function infer(model: Model, runtime: Runtime, names: readonly string[], inputShapes: InputShapes, known: Knowledge): Promise<void> {
  const bare = deriveModel(model, { outputs: names, inputShapes, weightless: true })
  // a few kernels cannot be created without their weights
  const session = await runtime
    .open(bare, { optimize: false })
    .catch(() => runtime.open(deriveModel(model, { outputs: names, inputShapes }), { optimize: false }))
  try {
    const free = freeDims(inputShapes)
    for (const { name, type, shape } of session.outputs) {
      if (!shape) continue
      if (known.shapes.has(name)) continue
      known.types.set(name, type)
      // the runtime reports [] for scalars and for unknown ranks, and invents names for dimensions it cannot compute
      const sure = shape.length > 0 && shape.every((dim) => (typeof dim === 'number' ? dim >= 0 : free.has(dim)))
      if (sure) known.shapes.set(name, shape)
    }
  } finally {
    await session.release()
  }
}
