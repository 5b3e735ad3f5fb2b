/** @file Tensors in files: NumPy's `.npy`, and ONNX's TensorProto in `.pb`, by the ending of the name. */
import type { Tensor } from '../core/tensor.ts'
import { readNpy } from './npy.ts'
import { readTensorProto } from './onnx-tensor.ts'

const readers: Readonly<Record<string, (bytes: Uint8Array) => Tensor>> = { npy: readNpy, pb: readTensorProto }

/** What reads a file of this name; undefined where it holds no tensor. */
export const tensorReader = (name: string): ((bytes: Uint8Array) => Tensor) | undefined => readers[endingOf(name)]

/** What a name ends in, in small letters and without the dot. */
export const endingOf = (name: string): string => /\.([^./\\]*)$/.exec(name)?.[1]?.toLowerCase() ?? ''
