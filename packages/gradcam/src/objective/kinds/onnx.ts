/** @file A small ONNX model as the score: its inputs are tensors of the network, its one output is y. */
import { sha256 } from '../../core/digest.ts'
import { GradcamError } from '../../core/errors.ts'
import { plain } from '../../gradient/tables.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import { shapeText, type Value } from '../../graph/graph.ts'
import { type Model, readModel } from '../../graph/model.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { isFile, reduction, that } from '../fields.ts'
import type { FileRef, ObjectiveKind, Reduction } from '../kind.ts'
import type { Objective, ObjectiveScope } from '../objective.ts'
import { badTarget, notRead } from '../refusal.ts'
import { reduced } from './expression.ts'

// a score, not a second network
const maxNodes = 200
const maxBytes = 16 * 2 ** 20

/** A small ONNX model whose inputs are tensors of the network, and whose one output is the score. */
export interface OnnxSpec {
  kind: 'onnx'
  model: Uint8Array | FileRef
  /** Default: `sum`. */
  reduce?: Reduction
}

export const onnxKind: ObjectiveKind<OnnxSpec> = {
  kind: 'onnx',
  fields: {
    'model!': that((value) => value instanceof Uint8Array || isFile(value), 'is the bytes of an ONNX model or {file}'),
    reduce: reduction,
  },
  words: { onnx: (rest) => ({ kind: 'onnx', model: { file: rest } }) },
  help: [['onnx:score.onnx', 'a small model whose inputs are tensors of the network']],
  readFiles: async (spec, { bytes }): Promise<OnnxSpec> =>
    spec.model instanceof Uint8Array ? spec : { ...spec, model: await bytes(spec.model.file) },
  make: async (spec, context) => [await onnxObjective(spec, context)],
}

/** y = the file's output, reduced to one value an image. Its nodes become nodes of the derived model, under other names. */
async function onnxObjective({ model: given, reduce = 'sum' }: OnnxSpec, context: ObjectiveContext): Promise<Objective> {
  if (!(given instanceof Uint8Array)) throw notRead(given.file)
  if (given.length > maxBytes) throw bad(`it has ${given.length} bytes`, `at most ${maxBytes}`)
  const model = modelOf(given)
  checkNodes(model, context)
  const inputs = model.graph.inputs.map(({ name }) => ({ name, value: tensorNamed(context, name) }))
  const info = await context.learn(model, Object.fromEntries(inputs.map(({ name, value }) => [name, value.shape])))
  const [output, ...others] = model.graph.outputs
  if (!output || others.length > 0 || inputs.length === 0)
    throw bad(
      `it has ${inputs.length} inputs and ${model.graph.outputs.length} outputs`,
      'give it one output, and inputs named as tensors of the network',
    )
  const result = info.value(output.name)
  if (result.shape[0] !== context.batch)
    throw bad(`its output ${shapeText(result.shape)} has no value for each image`, `keep the first axis, ${context.batch}`)
  return {
    key: `onnx ${reduce} ${await sha256(given)}`,
    label: output.name,
    reads: [...new Set(inputs.map(({ value }) => value.name))],
    feeds: {},
    score(scope) {
      const read = new Map(inputs.map(({ name, value }) => [name, scope.read(value.name)]))
      return reduced(scope.g, emitted(scope, model, info, read, output.name), reduce)
    },
  }
}

/** What is wrong with the score's file is not taken for a fault of the network's. */
function modelOf(bytes: Uint8Array): Model {
  try {
    return readModel(bytes)
  } catch (error) {
    if (error instanceof GradcamError) throw bad(error.message, error.hint, error)
    throw error
  }
}

function checkNodes({ graph }: Model, context: ObjectiveContext): void {
  if (graph.nodes.length > maxNodes) throw bad(`it has ${graph.nodes.length} nodes`, `at most ${maxNodes}: it is a score, not a network`)
  if (graph.opset !== context.graph.opset) {
    const { opset } = context.graph
    throw bad(`it is written for opset ${graph.opset}, the network for ${opset}`, `export it with opset ${opset}: one model has one opset`)
  }
  for (const { operator, domain, name, proto } of graph.nodes) {
    if (domain === '' && (operator === 'Constant' || Object.hasOwn(plain, operator)) && proto.attribute.every(({ g }) => g === undefined))
      continue
    const named = `${domain}${domain && ':'}${operator}`
    throw new GradcamError('unsupported-operator', `no gradient is known for ${named} of the score's ONNX file (node ${name})`, {
      hint: 'write the score with operators that have gradients: docs/operators.md',
      node: { name, operator },
    })
  }
}

/** The file's nodes once more, made by the builder, so that their shapes are known to the walk. */
function emitted({ g }: ObjectiveScope, { graph }: Model, info: TensorInfo, given: ReadonlyMap<string, Value>, output: string): Value {
  const values = new Map(given)
  const valueOf = (name: string): Value => {
    const constant = values.has(name) ? undefined : info.constant(name)
    if (constant) values.set(name, g.constant(constant))
    const value = values.get(name)
    if (value) return value
    throw new Error(`the score reads ${name}, which nothing makes`)
  }
  for (const { operator, proto, inputs, outputs } of graph.nodes) {
    if (operator === 'Constant') continue
    const read = inputs.map((name) => (name === '' ? undefined : valueOf(name)))
    const results = outputs.map((name) => (name === '' ? { type: 'float32' as const, shape: [] } : info.value(name)))
    for (const [i, value] of g.copy(proto, read, results).entries()) values.set(outputs[i] as string, value)
  }
  return valueOf(output)
}

const bad = (what: string, hint: string, cause?: unknown): GradcamError =>
  badTarget(`the ONNX file cannot be a score: ${what}`, hint, cause)
