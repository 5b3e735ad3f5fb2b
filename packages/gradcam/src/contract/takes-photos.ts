/** @file Whether an input can take a photo: photos are grey or have three colours. */
import { GradcamError } from '../core/errors.ts'
import { type InputFacts, roleWords } from './input.ts'

/**
 * Refuses photos for inputs of another number of channels. Four channels are not taken for colour and transparency, nor two for grey and
 * transparency: bands of satellites, depth and masks are as likely.
 *
 * @throws GradcamError `unsupported-model` for an image of other channels, `bad-option` for an input that takes no image
 */
export function checkTakesPhotos({ name, role, image, shape }: InputFacts): void {
  const text = `[${(shape ?? ['?']).join(', ')}]`
  if (!image) {
    throw new GradcamError('bad-option', `the input ${name} ${text} takes no photo: it is ${roleWords[role.value]}`, {
      hint: 'give it as a tensor: a .npy or .pb file, or in code',
    })
  }
  const { value } = image.channels
  if (value === 1 || value === 3) return
  const alike = value === 4 ? ': four are not taken for RGBA' : value === 2 ? ': two are not taken for grey and alpha' : ''
  throw new GradcamError('unsupported-model', `the input ${name} ${text} takes ${value} channels, a photo has 1 or 3${alike}`, {
    hint: 'give the image as a .npy or .pb tensor, prepared as the network was trained',
  })
}
