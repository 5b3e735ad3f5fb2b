/** @file A small ONNX model as the score: its inputs are tensors of the network, its one output is y. */
import { sha256 } from '../../core/digest.ts'
import { GradcamError } from '../../core/errors.ts'
import { plain } from '../../gradient/tables.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import { type GraphNode, shapeText, type Value } from '../../graph/graph.ts'
import { type Model, readModel } from '../../graph/model.ts'
import { type ObjectiveContext, tensorNamed } from '../context.ts'
import { isFile, reduction, that } from '../fields.ts'
import type { FileRef, ObjectiveKind, Reduction } from '../kind.ts'
import { forEachImage, type Objective, type ObjectiveScope } from '../objective.ts'
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
  async make(spec, { context }) {
    const objective = await onnxObjective(spec, context)
    return [forEachImage(context.images, () => objective)]
  },
}

/** y = the file's output, reduced to one value an image. Its nodes become nodes of the derived model, under other names. */
async function onnxObjective({ model: given, reduce = 'sum' }: OnnxSpec, context: ObjectiveContext): Promise<Objective> {
  if (!(given instanceof Uint8Array)) throw bad(`${given.file} was not read`, 'give its bytes; gradcam/node reads files')
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
    index: undefined,
    reads: [...new Set(inputs.map(({ value }) => value.name))],
    feeds: {},
    score: (scope) =>
      reduced(
        scope.g,
        emitted(scope, model, info, new Map(inputs.map(({ name, value }) => [name, scope.read(value.name)])), output.name),
        reduce,
      ),
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
    throw new GradcamError(
      'unsupported-operator',
      `no gradient is known for ${domain}${domain && ':'}${operator} of the score's ONNX file (node ${name})`,
      {
        hint: 'write the score with operators that have gradients: docs/operators.md',
        node: { name, operator },
      },
    )
  }
}

/** The file's nodes once more, made by the builder, so that their shapes are known to the walk. */
function emitted({ g }: ObjectiveScope, { graph }: Model, info: TensorInfo, given: ReadonlyMap<string, Value>, output: string): Value {
  const values = new Map(given)
  const valueOf = (name: string): Value | undefined => {
    if (name === '') return undefined
    const known = values.get(name)
    if (known) return known
    const constant = info.constant(name)
    if (!constant) throw new Error(`the score reads ${name}, which nothing makes`)
    const value = g.constant(constant)
    values.set(name, value)
    return value
  }
  for (const node of graph.nodes) if (node.operator !== 'Constant') copied(g, node, info, valueOf, values)
  return valueOf(output) as Value
}

function copied(
  g: ObjectiveScope['g'],
  { inputs, outputs, proto }: GraphNode,
  info: TensorInfo,
  valueOf: (name: string) => Value | undefined,
  values: Map<string, Value>,
): void {
  const made = g.copy(
    proto,
    inputs.map(valueOf),
    outputs.map((name) => (name === '' ? { type: 'float32', shape: [] } : info.value(name))),
  )
  for (const [i, name] of outputs.entries()) if (name) values.set(name, made[i] as Value)
}

const bad = (what: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('bad-target', `the ONNX file cannot be a score: ${what}`, { hint, cause })
