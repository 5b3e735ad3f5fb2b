/** @file Inlines model-local functions, so that the rest of the library sees operators only. */
import { clone } from '@bufbuild/protobuf'
import { type AttributeProto, AttributeProtoSchema, type FunctionProto, type ModelProto, type NodeProto } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { amended } from './amended.ts'

// exporters nest a handful of levels; a model that calls itself would never end
const deepest = 32
const maxNodes = 1_000_000

const keyOf = (domain: string, name: string, overload: string): string => `${domain === 'ai.onnx' ? '' : domain}\n${name}\n${overload}`

/** The same model without local functions; the very same object where it has none. */
export function inlineFunctions(model: ModelProto): ModelProto {
  const graph = model.graph
  if (!graph || model.functions.length === 0) return model
  const functions = new Map(model.functions.map((fn) => [keyOf(fn.domain, fn.name, fn.overload), fn]))
  const version = (imports: ModelProto['opsetImport']): bigint | undefined =>
    imports.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version
  const taken = new Set<string>(graph.node.flatMap((node) => node.output))
  let calls = 0

  const expand = (nodes: readonly NodeProto[], depth: number): NodeProto[] => {
    if (depth > deepest) throw invalid('the model has local functions nested without end')
    const out: NodeProto[] = []
    for (const node of nodes) {
      const fn = functions.get(keyOf(node.domain, node.opType, node.overload))
      if (!fn) {
        out.push(node)
        continue
      }
      if (version(fn.opsetImport) !== undefined && version(fn.opsetImport) !== version(model.opsetImport)) {
        throw new GradcamError('unsupported-model', `the local function ${fn.name} uses another opset than the model`, {
          hint: 'convert the model to one opset with onnx.version_converter',
          node: { name: node.name, operator: node.opType },
        })
      }
      for (const inner of expand(bodyOf(fn, node, prefixFor(node, calls++)), depth + 1)) out.push(inner)
      if (out.length > maxNodes) throw invalid('the model grows beyond a million nodes when its local functions are inlined')
    }
    return out
  }
  const prefixFor = (node: NodeProto, call: number): string => {
    let prefix = `${node.name || node.opType}/`
    if (taken.has(prefix)) prefix = `${node.name || node.opType}#${call}/`
    taken.add(prefix)
    return prefix
  }
  const nodes = expand(graph.node, 0)
  // fields are shared, not cloned: weights stay views
  return amended(model, { graph: amended(graph, { node: nodes }), functions: [] })
}

/** The function's nodes with its formal names replaced by the call's, inner names prefixed, attributes filled in. */
function bodyOf(fn: FunctionProto, call: NodeProto, prefix: string): NodeProto[] {
  const names = new Map<string, string>()
  fn.input.forEach((formal, i) => names.set(formal, call.input[i] ?? ''))
  fn.output.forEach((formal, i) => names.set(formal, call.output[i] || `${prefix}${formal}`))
  const actual = (name: string): string => {
    if (name === '') return ''
    const known = names.get(name)
    if (known !== undefined) return known
    const made = `${prefix}${name}`
    names.set(name, made)
    return made
  }
  const given = new Map(call.attribute.map((attribute) => [attribute.name, attribute]))
  for (const attribute of fn.attributeProto) if (!given.has(attribute.name)) given.set(attribute.name, attribute)
  return fn.node.map((node) => {
    if (node.attribute.some(({ g }) => g !== undefined))
      throw invalid(`the local function ${fn.name} holds a subgraph, which cannot be inlined`)
    return amended(node, {
      // the runtime refuses two nodes of one name
      name: `${prefix}${node.name || (node.output.find(Boolean) ?? node.opType)}`,
      input: node.input.map(actual),
      output: node.output.map(actual),
      attribute: node.attribute.flatMap((attribute) => resolved(attribute, given)),
    })
  })
}

function resolved(attribute: AttributeProto, given: ReadonlyMap<string, AttributeProto>): AttributeProto[] {
  if (!attribute.refAttrName) return [attribute]
  const value = given.get(attribute.refAttrName)
  // an attribute that the call leaves out takes the operator's default
  return value ? [Object.assign(clone(AttributeProtoSchema, value), { name: attribute.name, refAttrName: '' })] : []
}

const invalid = (message: string): GradcamError =>
  new GradcamError('model-invalid', message, { hint: 'export the model without local functions' })
