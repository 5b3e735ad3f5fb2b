/** @file Masks of padding, as detectors of Hugging Face take them: a photo that fills the image has none. */
import { warn, type Warning } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { type ElementType, sizeOf, type Tensor } from '../core/tensor.ts'
import type { InputFacts } from './input.ts'

/** Inputs that take a mask of padding, [N, H, W] or [N, 1, H, W]: 1 where the photo is. */
export const pixelMasksOf = (inputs: readonly InputFacts[]): InputFacts[] =>
  inputs.filter(
    ({ name, role, shape }) => role.value === 'mask' && /pixel_mask/i.test(name) && (shape?.length ?? 3) >= 3 && (shape?.length ?? 3) <= 4,
  )

/** What is to be said of them. */
export const pixelMaskNotes = (inputs: readonly InputFacts[]): Warning[] =>
  pixelMasksOf(inputs).flatMap(({ name }) =>
    warn(
      'pixel-mask-assumed',
      `${name} is 1 everywhere, unless it is given: the photo fills the image`,
      `give it where the image is padded: \`inputs: { ${name}: … }\``,
    ),
  )

/** Masks that are 1 everywhere, by name; a free side is that of the image. */
export function fullMasks(inputs: readonly InputFacts[], batch: number, { height, width }: Size): Record<string, Tensor> {
  const masks = pixelMasksOf(inputs).map(({ name, type = 'int64', shape = ['', '', ''] }) => {
    const sides = [height, width]
    const dims = shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? batch : (sides[axis - shape.length + 2] ?? 1)))
    return [name, { type, dims, data: ones(type, sizeOf(dims)) }] as const
  })
  return Object.fromEntries(masks)
}

function ones(type: ElementType, size: number): Tensor['data'] {
  if (type === 'int64') return new BigInt64Array(size).fill(1n)
  if (type === 'int32') return new Int32Array(size).fill(1)
  return type === 'bool' || type === 'uint8' ? new Uint8Array(size).fill(1) : new Float32Array(size).fill(1)
}
