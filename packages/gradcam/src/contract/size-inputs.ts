/**
 * @file Inputs of detectors that take sizes: of the image as the network sees it, of the photo that boxes are wanted for, and by how much
 * it was scaled. Boxes are read in pixels of the network's input, so that both sizes are its own, and the scale is 1.
 */
import { warn, type Warning } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { type ElementType, sizeOf, type Tensor } from '../core/tensor.ts'
import type { InputFacts } from './input.ts'

/** What the numbers of an input are for an image, by its name. */
const values: readonly (readonly [name: RegExp, of: (size: Size) => readonly number[]])[] = [
  // RT-DETR and D-FINE multiply shares with width and height
  [/^orig_(target_)?sizes?$/i, ({ height, width }) => [width, height]],
  [/^(im_shape|im(age)?_(shape|size)|target_sizes?|original_(image_)?sizes?)$/i, ({ height, width }) => [height, width]],
  [/^im_?info$/i, ({ height, width }) => [height, width, 1]],
  [/^scale_factor$/i, () => [1, 1]],
]

type SizeInput = InputFacts & { type: ElementType; of: (size: Size) => readonly number[] }

const numeric = ['float32', 'int64', 'int32']

/** Inputs [N, 2] or [2] that take sizes. */
export const sizeInputsOf = (inputs: readonly InputFacts[]): SizeInput[] =>
  inputs.flatMap((input) => {
    const { name, type = 'float32', role, shape = [''] } = input
    const of = values.find(([pattern]) => pattern.test(name))?.[1]
    const count = of?.({ height: 1, width: 1 }).length
    const fits = shape.length <= 2 && (typeof shape.at(-1) !== 'number' || shape.at(-1) === count)
    return of && fits && role.value === 'numbers' && numeric.includes(type) ? [{ ...input, type, of }] : []
  })

/** What is to be said of them. */
export const sizeInputNotes = (inputs: readonly InputFacts[]): Warning[] => {
  const names = sizeInputsOf(inputs).map(({ name }) => name)
  if (names.length === 0) return []
  const [are, given] = names.length > 1 ? ['are those', 'they are given'] : ['is that', 'it is given']
  return warn(
    'size-input-assumed',
    `${names.join(' and ')} ${are} of the image as the network sees it, unless ${given}`,
    `boxes are read in its pixels; give other numbers where these are wrong: \`inputs: { ${names[0]}: … }\``,
  )
}

/** Sizes by name, for each image. */
export function ownSizes(inputs: readonly InputFacts[], batch: number, size: Size): Record<string, Tensor> {
  const made = sizeInputsOf(inputs).map(({ name, type, shape = ['', 2], of }): [string, Tensor] => {
    const row = of(size)
    const rows = shape.length === 2 ? (typeof shape[0] === 'number' ? shape[0] : batch) : 1
    const dims = shape.length === 2 ? [rows, row.length] : [row.length]
    const numbers = Array.from({ length: sizeOf(dims) }, (_, i) => row[i % row.length] as number)
    return [name, { type, dims, data: typed(type, numbers) }]
  })
  return Object.fromEntries(made)
}

function typed(type: ElementType, numbers: readonly number[]): Tensor['data'] {
  if (type === 'int64') return BigInt64Array.from(numbers, BigInt)
  return type === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers)
}
