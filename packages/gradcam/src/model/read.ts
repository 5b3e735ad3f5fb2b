/** @file Bytes to Model: decode the protobuf (weights stay views on the bytes), inline local functions, build the typed graph. */
import { fromBinary } from '@bufbuild/protobuf'
import { type ModelProto, ModelProtoSchema } from 'onnx-buf'
import { GradcamError } from '../errors.ts'
import { checkGraph } from '../graph/check.ts'
import { type Graph, graphOf } from '../graph/graph.ts'
import { inlineBranches } from './branches.ts'
import { inlineFunctions } from './functions.ts'

/** A file that a model's external data refers to. */
export interface ExternalFile {
  path: string
  data: Uint8Array
}

export interface Model {
  /** The file as it was read; every weight is a view on it. */
  bytes: Uint8Array
  proto: ModelProto
  graph: Graph
  external: readonly ExternalFile[]
  /** True where the graph no longer is the one in `bytes`, because local functions or branches were inlined. */
  rewritten: boolean
}

/**
 * Reads an ONNX model. Costs milliseconds at any size: weights are not copied.
 *
 * @param bytes the `.onnx` file
 * @param external files that hold its external data, by the `location` the model gives them
 * @throws GradcamError `model-unreadable` for anything that is not an ONNX protobuf, `model-invalid` for one without a graph
 */
export function readModel(bytes: Uint8Array, external: readonly ExternalFile[] = []): Model {
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
  return {
    bytes,
    proto: inlined,
    graph: graphOf(inlined, (location, offset, length) => externalBytes(external, location, offset, length)),
    external,
    rewritten: inlined !== proto,
  }
}

function externalBytes(files: readonly ExternalFile[], location: string, offset: number, length: number): Uint8Array {
  const file = files.find(({ path }) => path === location)
  if (!file || offset < 0 || length < 0 || offset + length > file.data.length) {
    throw new GradcamError('model-invalid', `the external data ${location} is missing or too short`, {
      hint: 'keep the data files beside the .onnx file',
    })
  }
  return file.data.subarray(offset, offset + length)
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

/** Paths that the model's external data names, without duplicates. */
export function externalPaths(model: ModelProto): string[] {
  const paths = new Set<string>()
  for (const tensor of model.graph?.initializer ?? []) {
    if (tensor.dataLocation !== 1) continue
    const location = tensor.externalData.find(({ key }) => key === 'location')?.value
    if (location) paths.add(location)
  }
  return [...paths]
}
