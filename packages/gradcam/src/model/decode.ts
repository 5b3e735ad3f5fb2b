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

/** What is given by mistake: how it begins, what it is, what to do about it. */
const otherFormats: readonly (readonly [start: RegExp, what: string, hint: string])[] = [
  [
    /^(<!doctype|<html|<\?xml|<head)/i,
    'a web page (HTML), not an ONNX model',
    'the download went to a page: use the direct link of the file',
  ],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the model itself', 'run `git lfs pull` where it came from'],
  [/^\{/, 'JSON or text, not an ONNX model', 'give the .onnx file itself'],
  [
    /^PK\p{Cc}{2}/u,
    'a ZIP archive (perhaps a PyTorch checkpoint), not an ONNX model',
    'export the network with torch.onnx.export and give the .onnx file',
  ],
]

function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0)
    throw new GradcamError('model-unreadable', 'the model file is empty', { hint: 'download or export the model again' })
  const beginning = new TextDecoder('latin1').decode(bytes.subarray(0, 200)).trimStart()
  for (const [start, what, hint] of otherFormats)
    if (start.test(beginning)) throw new GradcamError('model-unreadable', `the model file is ${what}`, { hint })
}
