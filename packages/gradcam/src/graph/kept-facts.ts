/** @file What was learnt of a model's tensors as text that a cache keeps, and back. */
import { base64, fromBase64 } from '../core/base64.ts'
import { arrays, bytesOf, type ElementType, type NumericType, sizeOf, type Tensor } from '../core/tensor.ts'
import { elementBytes, elementsOf } from '../io/elements.ts'
import { checkShape } from '../model/check.ts'
import type { Graph, Shape } from './graph.ts'
import type { InputShapes, Knowledge } from './tensor-info.ts'

/** Changes with the form of the text. */
export const factsForm = 1

interface KeptTensor {
  type: NumericType
  dims: number[]
  data: string
}

interface Kept {
  inputShapes: InputShapes
  types: [string, ElementType][]
  shapes: [string, Shape][]
  constants: [string, KeptTensor][]
  perImage: [string, KeptTensor, number][]
}

// constants that are computed of weights may be as large as those: then learning them again is no slower
const maxBytes = 2 ** 24

/** The facts of computed tensors; undefined where they are too many to keep. */
export function textOfFacts({ nodes }: Graph, known: Knowledge, inputShapes: InputShapes): string | undefined {
  const names = new Set(nodes.flatMap(({ outputs }) => outputs))
  const own = <T>(facts: ReadonlyMap<string, T>): [string, T][] => [...facts].filter(([name]) => names.has(name))
  const values = own(known.constants)
  if (values.reduce((sum, [, tensor]) => sum + bytesOf(tensor).length, 0) > maxBytes) return undefined
  const kept: Kept = {
    inputShapes,
    types: own(known.types),
    shapes: own(known.shapes),
    constants: values.map(([name, tensor]) => [name, keptTensor(tensor)]),
    perImage: own(known.perImage).map(([name, { first, stride }]) => [name, keptTensor(first), stride]),
  }
  return JSON.stringify(kept)
}

const keptTensor = (tensor: Tensor): KeptTensor => ({
  type: tensor.type as NumericType,
  dims: [...tensor.dims],
  data: base64(bytesOf(tensor)),
})

/** Adds kept facts to what is known of the inputs; returns the shapes of the inputs that they hold for. Throws for text of another form. */
export function takeFacts(text: string, known: Knowledge): InputShapes {
  const { inputShapes, types, shapes, constants, perImage } = JSON.parse(text) as Kept
  const read = constants.map(([name, tensor]) => [name, tensorOf(tensor)] as const)
  const grows = perImage.map(([name, first, stride]) => [name, { first: tensorOf(first), stride }] as const)
  for (const [name, shape] of shapes) checkShape(name, shape)
  for (const [name, type] of types) known.types.set(name, type)
  for (const [name, shape] of shapes) known.shapes.set(name, shape)
  for (const [name, tensor] of read) known.constants.set(name, tensor)
  for (const [name, each] of grows) known.perImage.set(name, each)
  return inputShapes
}

function tensorOf({ type, dims, data }: KeptTensor): Tensor {
  const bytes = fromBase64(data)
  if (!(type in arrays) || bytes.length !== sizeOf(dims) * elementBytes(type)) throw new Error('a tensor of another size')
  return { type, dims, data: elementsOf(type, bytes) }
}
