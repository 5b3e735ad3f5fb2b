/** @file Another input size than the one that a network was published with, where its height and width are free. */
import { badOption } from '../core/errors.ts'
import { defaultPreprocessing, largestSide, type Preprocessing } from './preprocessing.ts'

/** Height and width of a network's input in pixels; one number for a square. */
export type InputSize = number | { width: number; height: number }

/**
 * The same preprocessing, but the whole photo is squeezed to this size, in place of the size and crop of its own.
 *
 * @param spec undefined: that of most ImageNet networks
 * @param input the model's image input; undefined where a side is free
 * @throws GradcamError `bad-option` for a size that the model does not take
 * @example withSize(undefined, 448, { height: undefined, width: undefined, channels: 3 }).size // ({ width: 448, height: 448 })
 */
export function withSize(
  spec: Preprocessing | undefined,
  size: InputSize,
  input: { height: number | undefined; width: number | undefined; channels: number },
): Preprocessing {
  const { width, height } = typeof size === 'number' ? { width: size, height: size } : size
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= largestSide)) {
    throw badOption(
      `\`size\` is ${width}×${height}`,
      `\`size\` is a whole number of pixels from 1 to ${largestSide}, or \`{ width, height }\``,
    )
  }
  const [wide, high] = [input.width ?? width, input.height ?? height]
  if (width !== wide || height !== high) {
    throw badOption(
      `\`size\` is ${width}×${height}, but the model takes ${wide}×${high} pixels only`,
      'leave `size` out, or export the model with free height and width',
    )
  }
  return { ...(spec ?? defaultPreprocessing({ width, height, channels: input.channels })), size: { width, height }, crop: undefined }
}
