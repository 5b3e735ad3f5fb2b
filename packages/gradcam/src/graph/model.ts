/** @file A model as gradcam works with it: the file's messages, its external data and the typed graph. */
import type { FileFacts, LeftFile } from '../host.ts'
import { type DecodedModel, decodeModel } from '../model/decode.ts'
import { checkExternal, type External, externalReader } from '../model/external.ts'
import { type Graph, graphOf } from './graph.ts'

/** A model that was read: its graph, and the bytes that its weights refer to. */
export interface Model extends DecodedModel {
  graph: Graph
  external: External
  /** The file as it was given, where `bytes` are others: those of a converted model, or of one whose weights were left on disk. */
  file?: Uint8Array | LeftFile
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

/** The second half of `readModel`. */
export function modelOf(decoded: DecodedModel, external: External): Model {
  checkExternal(decoded.proto, external)
  return { ...decoded, graph: graphOf(decoded.proto, externalReader(external)), external }
}

/** Whether the model's file was read without its large weights. */
export const isLeft = ({ file }: Model): boolean => file !== undefined && 'digest' in file

/** What was found out of the model's file before, where that is kept. */
export const factsOfModel = ({ file }: Model): FileFacts | undefined => (file && 'digest' in file ? file.facts : undefined)

/** The bytes of the file as it was given. */
export const wholeFile = async ({ file, bytes }: Model): Promise<Uint8Array> =>
  file instanceof Uint8Array ? file : ((await file?.read()) ?? bytes)
