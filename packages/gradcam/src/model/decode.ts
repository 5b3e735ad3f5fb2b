/** @file Bytes to messages: decode the protobuf (weights stay views on the bytes), inline local functions and known branches. */
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { inlineBranches } from './branches.ts'
import { checkGraph } from './check.ts'
import { inlineFunctions } from './functions.ts'

/** A model's messages, before its external data is known. */
export interface DecodedModel {
  /** The file as it was read; every weight is a view on it. */
  bytes: Uint8Array
  proto: ModelProto
  /** True where the graph no longer is the one in `bytes`, because local functions or branches were inlined. */
  rewritten: boolean
}

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
