/** @file Bytes to messages: decode the protobuf (weights stay views on the bytes), sort nodes, inline local functions and known branches, split fused operators. */
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { formatByName, otherFormat } from './formats.ts'
import { inlineBranches } from './branches.ts'
import { checkGraph } from './check.ts'
import { splitFusedConvs } from './fused-convs.ts'
import { splitFusedIntegers } from './fused-integers.ts'
import { inlineFunctions } from './functions.ts'
import { withOwnNames } from './generated-names.ts'
import { inOrder } from './order.ts'
import { splitSkipNorms } from './skip-norms.ts'

/** A model's messages, before its external data is known. */
export interface DecodedModel {
  /** The file as it was read; every weight is a view on it. */
  bytes: Uint8Array
  proto: ModelProto
  /** True where the graph no longer is the one in `bytes`, because local functions or branches were inlined, or fused operators split. */
  rewritten: boolean
}

/**
 * The first half of `readModel`.
 *
 * @param file its name, which tells what bytes are that say nothing
 */
export function decodeModel(bytes: Uint8Array, file = ''): DecodedModel {
  refuseOtherFormats(bytes)
  let proto: ModelProto
  try {
    proto = fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    const other = formatByName(file)
    if (other) throw new GradcamError('model-unreadable', `the model file is ${other.what}, not an ONNX file`, { hint: other.hint, cause })
    throw new GradcamError('model-unreadable', 'the model is truncated or not an ONNX file: its protobuf does not decode', {
      hint: 'download or export the model again and compare its size',
      cause,
    })
  }
  // a runtime takes nodes in any order, so an order of ours is no rewriting
  const ordered = inOrder(proto)
  if (ordered.graph) checkGraph(ordered.graph)
  const other = ordered.graph ? undefined : formatByName(file)
  if (other) throw new GradcamError('model-unreadable', `the model file is ${other.what}, not an ONNX file`, { hint: other.hint })
  const plain = withOwnNames(inlineBranches(inlineFunctions(ordered)))
  const written = splitFusedIntegers(splitFusedConvs(splitSkipNorms(plain)))
  return { bytes, proto: written, rewritten: written !== ordered }
}

function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0)
    throw new GradcamError('model-unreadable', 'the model file is empty', { hint: 'download or export the model again' })
  const other = otherFormat(bytes)
  if (other) throw new GradcamError('model-unreadable', `the model file is ${other.what}, not an ONNX file`, { hint: other.hint })
}
