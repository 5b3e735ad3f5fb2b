/** @file Bytes to Model: decode the protobuf (weights stay views on the bytes), inline local functions, build the typed graph. */
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { GradcamError } from '../errors.ts'
import { checkGraph } from '../graph/check.ts'
import { type Graph, graphOf } from '../graph/graph.ts'
import { inlineBranches } from './branches.ts'
import { checkExternal, type External, externalReader } from './external.ts'
import { inlineFunctions } from './functions.ts'

export interface Model {
  /** The file as it was read; every weight is a view on it. */
  bytes: Uint8Array
  proto: ModelProto
  graph: Graph
  external: External
  /** True where the graph no longer is the one in `bytes`, because local functions or branches were inlined. */
  rewritten: boolean
}

/**
 * Reads an ONNX model. Costs milliseconds at any size: weights are not copied.
 *
 * @param bytes the `.onnx` file
 * @param external files that hold its external data, by the `location` the model gives them
 * @throws GradcamError `model-unreadable` for anything that is not an ONNX protobuf, `model-invalid` for one without a
 * graph, `model-missing` for external data that is not given
 */
export const readModel = (bytes: Uint8Array, external: External = []): Model => modelOf(decodeModel(bytes), external)

/** A model's messages, before its external data is known. */
export type DecodedModel = Pick<Model, 'bytes' | 'proto' | 'rewritten'>

/** The first half of `readModel`. */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  refuseOtherFormats(bytes)
  let proto: ModelProto
  try {
    proto = fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw new GradcamError('model-unreadable', 'the model is truncated or not an ONNX file: its protobuf does not decode', {
      hint: 'download or export the model again and compare its size',
      cause,
    })
  }
  if (proto.graph) checkGraph(proto.graph)
  const inlined = inlineBranches(inlineFunctions(proto))
  return { bytes, proto: inlined, rewritten: inlined !== proto }
}

/** The second half of `readModel`. */
export function modelOf(decoded: DecodedModel, external: External): Model {
  checkExternal(decoded.proto, external)
  return { ...decoded, graph: graphOf(decoded.proto, externalReader(external)), external }
}

function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0)
    throw new GradcamError('model-unreadable', 'the model file is empty', { hint: 'download or export the model again' })
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200)).trimStart()
  if (/^(<!doctype|<html|<\?xml|<head)/i.test(start)) {
    throw new GradcamError('model-unreadable', 'the model file is a web page (HTML), not an ONNX model', {
      hint: 'the download went to a page: use the direct link of the file',
    })
  }
  if (start.startsWith('version https://git-lfs')) {
    throw new GradcamError('model-unreadable', 'the model file is a Git LFS pointer, not the model itself', {
      hint: 'run `git lfs pull` where it came from',
    })
  }
  if (start.startsWith('{')) {
    throw new GradcamError('model-unreadable', 'the model file is JSON or text, not an ONNX model', { hint: 'give the .onnx file itself' })
  }
  if (start.startsWith('PK\u0003\u0004')) {
    throw new GradcamError('model-unreadable', 'the model file is a ZIP archive (perhaps a PyTorch checkpoint), not an ONNX model', {
      hint: 'export the network with torch.onnx.export and give the .onnx file',
    })
  }
}
