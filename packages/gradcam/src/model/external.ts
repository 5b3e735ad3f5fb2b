/** @file External data: weights that lie beside the model's file, in memory or left on disk. */
import { type GraphProto, type ModelProto, type TensorProto, TensorProto_DataLocation } from 'onnx-buf'
import { GradcamError } from '../core/errors.ts'
import { type ExternalData, externalRange } from '../io/onnx-tensor.ts'

/** A file that a model's external data refers to, in memory. */
export interface ExternalFile {
  path: string
  data: Uint8Array
}

/** External data that stays on disk: the engine maps it by itself, and rules read the few bytes that they need. */
export interface ExternalFolder {
  /** Folder of the model and of all its data. */
  folder: string
  /** Path of the model's own file in it. */
  modelFile: string
  /** Path in it of each data file, by the location that the model gives. */
  paths: ReadonlyMap<string, string>
  /** Size of a data file in bytes, by its location. */
  size(location: string): number | undefined
  read: ExternalData
  /**
   * The engine maps the files when it opens a model, so they must be as they were when it was loaded.
   *
   * @throws GradcamError `model-unreadable` where one was changed since
   */
  check(): void
}

/** Where the external data of a model is: files in memory, or a folder on disk. */
export type External = readonly ExternalFile[] | ExternalFolder

/** Whether external data stays on disk. */
export const isOnDisk = (external: External): external is ExternalFolder => !Array.isArray(external)

/** How large external data is. */
export const externalBytes = (external: External): number =>
  isOnDisk(external)
    ? [...external.paths.keys()].reduce((total, location) => total + (external.size(location) ?? 0), 0)
    : external.reduce((total, { data }) => total + data.length, 0)

export const isExternal = ({ dataLocation }: TensorProto): boolean => dataLocation === TensorProto_DataLocation.EXTERNAL

/** Locations that the model's external data names, without duplicates. */
export const externalLocations = (model: ModelProto): string[] => [
  ...new Set(externalTensors(model.graph).map((tensor) => externalRange(tensor).location)),
]

/** Also those of loop bodies and branches. */
function externalTensors(graph: GraphProto | undefined): TensorProto[] {
  if (!graph) return []
  const inner = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => externalTensors(g)))
  return [...graph.initializer.filter(isExternal), ...inner]
}

/**
 * Checks that every range that the model refers to is there. Nothing is read.
 *
 * @throws GradcamError `model-missing` for a file that was not given, `model-invalid` for one that is too short, `bad-tensor` for impossible numbers
 */
export function checkExternal(model: ModelProto, external: External): void {
  const sizeOf = isOnDisk(external)
    ? (location: string) => external.size(location)
    : (location: string) => external.find(({ path }) => path === location)?.data.length
  for (const tensor of externalTensors(model.graph)) {
    const { location, offset, length } = externalRange(tensor)
    const size = sizeOf(location)
    if (size === undefined) {
      throw new GradcamError('model-missing', `the model keeps weights in ${shown(location)}, which was not given`, {
        hint: 'give the path of the .onnx file, or its data files beside its bytes',
      })
    }
    if (offset + length > size) throw tooShort(location, offset + length, size)
  }
}

/** Reads ranges of external data. */
export function externalReader(external: External): ExternalData {
  if (isOnDisk(external)) return external.read
  return (location, offset, length) => {
    const data = external.find(({ path }) => path === location)?.data ?? new Uint8Array()
    if (offset + length > data.length) throw tooShort(location, offset + length, data.length)
    return data.subarray(offset, offset + length)
  }
}

/** The error of a data file that ends before its weights do. */
export const tooShort = (location: string, needed: number, size: number): GradcamError =>
  new GradcamError('model-invalid', `the external data ${shown(location)} has ${size} bytes, the model needs ${needed}`, {
    hint: 'the file is truncated, or belongs to another model: copy or download it again',
  })

/** The error of a location that leaves the model's folder. */
export const outsideFolder = (location: string): GradcamError =>
  new GradcamError('model-invalid', `the model wants external data from outside its folder: ${location}`, {
    hint: 'keep the data files beside the .onnx file',
  })

/** The error of a data file that is not in the model's folder. */
export const missingFrom = (folder: string, location: string): GradcamError =>
  new GradcamError('model-missing', `the external data ${location} of the model is missing`, { hint: `put it into ${folder}` })

const shown = (location: string): string => JSON.stringify(location.length > 200 ? `${location.slice(0, 199)}…` : location)
