/** @file Weights of derived models: references into the bytes where they lie. */
import { create } from '@bufbuild/protobuf'
import { type GraphProto, StringStringEntryProtoSchema, type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf'
import { externalRange } from '../io/onnx-tensor.ts'
import { amended } from '../model/amended.ts'
import { externalReader, isExternal, isOnDisk } from '../model/external.ts'
import { isLeft, type Model } from './model.ts'

/** Name under which a derived model refers to the bytes of the model it came from. */
export const weightsPath = 'gradcam-weights'
// small tensors stay inside: the runtime reads shapes and axes while it loads
const inlineBytes = 1024

/** Whether a tensor is large enough to be referred to. */
export const isLarge = (tensor: TensorProto): boolean =>
  (isExternal(tensor) ? externalRange(tensor).length : tensor.rawData.length) >= inlineBytes

/** The tensor as a reference. Small tensors, and those made while reading the model, stay as they are. */
export function referTo(model: Model, tensor: TensorProto): TensorProto {
  const { external } = model
  if (isExternal(tensor)) {
    const { location, offset, length } = externalRange(tensor)
    if (length < inlineBytes) {
      const rawData = new Uint8Array(externalReader(external)(location, offset, length))
      return amended(tensor, { rawData, dataLocation: TensorProto_DataLocation.DEFAULT, externalData: [] })
    }
    if (!isOnDisk(external)) return tensor
    const path = external.paths.get(location) ?? location
    return amended(tensor, { externalData: reference(path, offset, length) })
  }
  const raw = tensor.rawData
  // places in what is left of a file are none in the file
  if (raw.length < inlineBytes || raw.buffer !== model.bytes.buffer || isLeft(model)) return tensor
  return create(TensorProtoSchema, {
    name: tensor.name,
    dims: tensor.dims,
    dataType: tensor.dataType,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    // the engine takes bytes or files, not both: where it maps files it maps the model's own, too
    externalData: reference(isOnDisk(external) ? external.modelFile : weightsPath, raw.byteOffset - model.bytes.byteOffset, raw.length),
  })
}

const reference = (location: string, offset: number, length: number) =>
  Object.entries({ location, offset: String(offset), length: String(length) }).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  )

/**
 * Whether matrices hold most of a model's weights. The engine would copy each, and for a gradient once more the other way round: half of the
 * time and memory of a first explanation, for runs that are hardly faster.
 */
export function mostlyDense({ node, initializer }: Pick<GraphProto, 'node' | 'initializer'>): boolean {
  const sizes = new Map(initializer.filter(isExternal).map((tensor) => [tensor.name, externalRange(tensor).length]))
  const matrices = new Set(node.flatMap(({ opType, input }) => (opType === 'MatMul' || opType === 'Gemm' ? [input[1] ?? ''] : [])))
  const total = (names: Iterable<string>): number => Array.from(names, (name) => sizes.get(name) ?? 0).reduce((a, b) => a + b, 0)
  return 2 * total(matrices) > total(sizes.keys())
}
