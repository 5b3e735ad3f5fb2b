/** @file Nodes that take the place of a fused one: an operator by its name, its inputs and its output, after which it is named. */
import { create } from '@bufbuild/protobuf'
import { type AttributeProto, type NodeProto, NodeProtoSchema } from 'onnx-buf'

export function part(opType: string, input: string[], output: string | string[], attribute: AttributeProto[] = []): NodeProto {
  const outputs = [output].flat()
  return create(NodeProtoSchema, { opType, name: `${outputs[0]}/${opType}`, input, output: outputs, attribute })
}

/** Inputs in their places, without those at the end that are not given. */
export function given(...names: (string | undefined)[]): string[] {
  const all = names.map((name) => name ?? '')
  while (all.at(-1) === '') all.pop()
  return all
}
