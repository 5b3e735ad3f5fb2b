/** @file The gradient of any tensor with respect to any other, as numbers: the walk, made public. */
import { GradcamError } from '../core/errors.ts'
import { sizesFromData } from '../graph/data-sized.ts'
import { type Derivation, deriveModel } from '../graph/derive.ts'
import { createBuilder } from '../graph/emit.ts'
import { learnTensorInfo } from '../graph/learn-tensor-info.ts'
import { withTakenBranches } from '../graph/taken-branches.ts'
import type { TensorInfo } from '../graph/tensor-info.ts'
import { type Graph, isFloat, shapeText, type Value } from '../graph/graph.ts'
import type { Model } from '../graph/model.ts'
import { type Runtime, withoutOptimising } from '../runtime/runtime.ts'
import { castFloat32, float32, sizeOf, type Tensor } from '../core/tensor.ts'
import { nearestNames } from '../core/text.ts'
import { dense } from './cotangent.ts'
import { plain } from './tables.ts'
import { type RuleTable, walkBack } from './walk.ts'

/** A tensor to differentiate: everything of it weighted by `seed`, or one channel, or one element. */
export type TensorObjective =
  | { tensor: string /** upstream gradient, of the tensor's shape */; seed: Tensor }
  | {
      tensor: string /** a number: channel (axis 1) of every image and place; several: a full position */
      index: number | readonly number[]
    }

/** What is differentiated, with respect to which tensors, at which inputs. */
export interface GradientRequest {
  /** What is differentiated; several objectives are summed. */
  of: readonly TensorObjective[]
  /** Names of inputs, initializers or inner tensors. */
  wrt: readonly string[]
  inputs: Readonly<Record<string, Tensor>>
  /** Default: `plain`, the derivative. Tables of relevance (LRP) take the score itself as seed. */
  rules?: RuleTable
}

/**
 * d( Σ seed · of ) / d wrt.
 *
 * @returns a float tensor per name in `wrt`, of that tensor's shape; zeros where nothing depends on it
 * @throws GradcamError `unknown-tensor`, `shape-mismatch`, `bad-index`, `unsupported-operator`
 */
export async function gradient(given: Model, runtime: Runtime, request: GradientRequest): Promise<Record<string, Tensor>> {
  checkInputs(given.graph, request.inputs)
  const shapes = Object.fromEntries(Object.entries(request.inputs).map(([name, { dims }]) => [name, dims]))
  const learned = await learnTensorInfo(given, runtime, shapes, request.inputs)
  const model = withTakenBranches(given, learned)
  const { graph } = model
  const info = model === given ? learned : await learnTensorInfo(model, runtime, shapes, request.inputs)
  const builder = createBuilder(graph.opset, freePrefix(graph), info.dimSource)
  for (const name of [...request.of.map(({ tensor }) => tensor), ...request.wrt]) knownTensor(graph, info, name)
  const feeds: Record<string, Tensor> = { ...request.inputs }
  const seedInputs: Value[] = []
  const seeds = request.of.map((objective, i) => {
    const target = info.value(objective.tensor)
    const seed = 'seed' in objective ? checkedSeed(objective.seed, target) : indexSeed(objective.index, target)
    const input: Value = { name: `${freePrefix(graph)}seed_${i}`, type: target.type, shape: seed.dims }
    feeds[input.name] = seed
    seedInputs.push(input)
    return { tensor: objective.tensor, cotangent: dense(input) }
  })
  const gradients = walkBack({ graph, info, builder, rules: request.rules ?? plain, seeds, wrt: request.wrt })
  const outputs = new Map<string, string>()
  for (const [i, name] of request.wrt.entries()) {
    const value = gradients[i]
    if (value) outputs.set(name, builder.unary('Identity', builder.expand(value, info.value(name).shape)).name)
  }
  const derivation = { ...builder.emission, inputs: seedInputs, outputs: [...outputs.values()] }
  const results =
    outputs.size === 0 ? {} : await runOnce(model, sizesFromData(graph) ? withoutOptimising(runtime) : runtime, derivation, feeds)
  const zeros = (dims: readonly number[]): Tensor => float32(new Float32Array(sizeOf(dims)), dims)
  const resultOf = (name: string): Tensor => results[outputs.get(name) ?? ''] ?? zeros(info.value(name).shape.map(Number))
  return Object.fromEntries(request.wrt.map((name) => [name, resultOf(name)]))
}

async function runOnce(
  model: Model,
  runtime: Runtime,
  derivation: Derivation,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const inputShapes = Object.fromEntries(model.graph.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name].dims]] : [])))
  const session = await runtime.open(deriveModel(model, { ...derivation, inputShapes }))
  try {
    const wanted = new Set(session.inputs.map(({ name }) => name))
    return await session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name))))
  } finally {
    await session.release()
  }
}

/** A prefix that no tensor of the graph begins with. */
export function freePrefix(graph: Graph): string {
  const names = [...graph.producers.keys(), ...graph.initializers.keys(), ...graph.inputs.map(({ name }) => name)]
  let prefix = 'gradcam/'
  for (let i = 1; names.some((name) => name.startsWith(prefix)); i++) prefix = `gradcam${i}/`
  return prefix
}

function checkInputs(graph: Graph, inputs: Readonly<Record<string, Tensor>>): void {
  for (const { name, shape } of graph.inputs) {
    const given = inputs[name]
    if (!given) {
      const hint = `give a tensor for each of: ${graph.inputs.map((input) => input.name).join(', ')}`
      throw new GradcamError('shape-mismatch', `the input ${name} of the model is missing`, { hint })
    }
    const fits = !shape || (shape.length === given.dims.length && shape.every((dim, i) => typeof dim === 'string' || dim === given.dims[i]))
    if (!fits) {
      const shapes = `has shape ${shapeText(given.dims)}, the model wants ${shapeText(shape ?? [])}`
      throw new GradcamError('shape-mismatch', `the input ${name} ${shapes}`, { hint: 'give a tensor of the shape that the model wants' })
    }
  }
}

function knownTensor(graph: Graph, info: TensorInfo, name: string): void {
  const value = info.find(name)
  if (value && isFloat(value.type)) return
  if (value) {
    throw new GradcamError('unknown-tensor', `the tensor ${name} holds ${value.type}, which has no gradient`, {
      hint: 'name a float tensor',
    })
  }
  const names = [...graph.inputs.map((input) => input.name), ...graph.producers.keys(), ...graph.initializers.keys()]
  const suggestions = nearestNames(name, names)
  throw new GradcamError('unknown-tensor', `unknown tensor: ${name}`, {
    hint: suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}?` : 'name a tensor of the graph',
    suggestions,
  })
}

function checkedSeed(seed: Tensor, target: Value): Tensor {
  if (target.shape.length === seed.dims.length && target.shape.every((dim, i) => dim === seed.dims[i])) return seed
  throw new GradcamError('shape-mismatch', `the seed has shape ${shapeText(seed.dims)}, ${target.name} has ${shapeText(target.shape)}`, {
    hint: 'give the seed the shape of the tensor that is differentiated',
  })
}

function indexSeed(index: number | readonly number[], { name, shape, type }: Value): Tensor {
  const dims = shape.map(Number)
  const position = typeof index === 'number' ? (dims.length > 1 ? [undefined, index] : [index]) : index
  const bad =
    (typeof index !== 'number' && index.length !== dims.length) ||
    position.some((at, axis) => at !== undefined && !(Number.isInteger(at) && at >= 0 && at < (dims[axis] ?? 0)))
  if (bad) {
    throw new GradcamError('bad-index', `the index ${String(index)} lies outside ${name}, which has shape ${shapeText(shape)}`, {
      hint: 'give one number for axis 1, or one per axis, each counted from 0',
    })
  }
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)))
  const placeOf = (i: number, axis: number): number => Math.floor(i / (strides[axis] as number)) % (dims[axis] as number)
  const isThere = (i: number): boolean => position.every((at, axis) => at === undefined || at === placeOf(i, axis))
  return castFloat32(
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => Number(isThere(i))),
    type,
    dims,
  )
}
