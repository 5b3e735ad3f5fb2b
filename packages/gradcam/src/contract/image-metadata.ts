/** @file Pixel values in an ONNX file's own metadata, as Custom Vision and Windows ML write them (onnx/docs/MetadataProps.md). */
import type { Preprocessing } from '../model/preprocessing.ts'
import type { Values } from './values.ts'

const ranges: Readonly<Record<string, Values>> = {
  NominalRange_0_255: { scale: 1, mean: [], std: [] },
  Normalized_0_1: { scale: 1 / 255, mean: [], std: [] },
  Normalized_1_1: { scale: 1 / 127.5, mean: [1], std: [] },
  // of video: black is 16, white 235
  NominalRange_16_235: { scale: 219 / 255, mean: [-16], std: [] },
}

const orders: Readonly<Record<string, Preprocessing['channelOrder']>> = { rgb8: 'rgb', bgr8: 'bgr', gray8: 'grey' }

/** The values that the input expects; undefined where no known range is stated. */
export function imageMetadata(
  metadata: readonly { key: string; value: string }[],
): { values: Values; channelOrder: Preprocessing['channelOrder'] } | undefined {
  const at = (key: string): string => metadata.find((entry) => entry.key === key)?.value.trim() ?? ''
  const range = at('Image.NominalPixelRange')
  if (!Object.hasOwn(ranges, range)) return undefined
  return { values: ranges[range] as Values, channelOrder: orders[at('Image.BitmapPixelFormat').toLowerCase()] ?? 'rgb' }
}
