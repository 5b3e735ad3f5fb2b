/** @file Which of several inputs takes the image: the one that is named, or the one that most speaks for. */
import { badOption, GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import { type Fact, fact } from './fact.ts'
import { type ImageFacts, type InputFacts, roleWords } from './input.ts'
import { pictureName } from './names.ts'

/** An input that takes an image. */
export type ImageInputFacts = InputFacts & { image: ImageFacts }

/** The input that takes the image, and how it was chosen: `otherwise` names inputs that as much speaks for. */
export interface ImageChoice {
  input: ImageInputFacts
  choice: Fact<string>
}

const isImage = (input: InputFacts): input is ImageInputFacts => input.image !== undefined

/**
 * Chooses by what reads an input, its channels and its name, never by order alone.
 *
 * @param named by the user
 * @throws GradcamError `bad-option` for a name that no input has, or that takes no image; `unsupported-model` where no input takes one
 */
export function chooseImage(inputs: readonly InputFacts[], named?: string): ImageChoice {
  if (named !== undefined) return { input: namedImage(inputs, named), choice: fact(named, 'given', '`imageInput`') }
  const [best, ...others] = inputs.filter(isImage).sort((a, b) => weigh(b, a))
  if (!best) throw noImage(inputs)
  const equal = others.filter((other) => weigh(best, other) === 0).map(({ name }) => name)
  const from =
    equal.length > 0
      ? 'the first of several that as much speaks for'
      : others.length > 0
        ? reason(best, others)
        : 'the only input that takes an image'
  return { input: best, choice: fact(best.name, equal.length > 0 ? 'assumed' : 'graph', from, equal) }
}

/** Above zero where more speaks for `a`. */
function weigh(a: ImageInputFacts, b: ImageInputFacts): number {
  const by = (of: (input: ImageInputFacts) => number): number => of(a) - of(b)
  return by(readByFilter) || by(named) || by(colours)
}

const readByFilter = ({ role }: InputFacts): number => (role.source === 'graph' ? 1 : 0)
const named = ({ name }: InputFacts): number => pictureName(name)
const colours = ({ image }: ImageInputFacts): number => (image.channels.value === 3 ? 2 : image.channels.value === 1 ? 1 : 0)

function reason(best: ImageInputFacts, others: readonly ImageInputFacts[]): string {
  if (others.every((other) => readByFilter(other) < readByFilter(best))) return 'the only input that a convolution reads'
  return others.every((other) => named(other) < named(best)) ? 'its name' : 'its name and channels'
}

function namedImage(inputs: readonly InputFacts[], name: string): ImageInputFacts {
  const found = inputs.find((input) => input.name === name)
  if (found && isImage(found)) return found
  const names = inputs.filter(isImage).map((input) => input.name)
  const hint = names.length > 0 ? `\`imageInput\` is one of ${names.join(', ')}` : 'the model has no input that takes an image'
  const problem = found ? `the input ${name} takes no image: it is ${roleWords[found.role.value]}` : `the model has no input ${name}`
  throw badOption(problem, hint, { suggestions: nearestNames(name, names), data: { option: 'imageInput', value: name, allowed: names } })
}

function noImage(inputs: readonly InputFacts[]): GradcamError {
  const found = inputs.map(({ name, shape, role }) => `${name} [${(shape ?? ['?']).join(', ')}], ${roleWords[role.value]}`).join('; ')
  const other = inputs.find(({ role }) => role.value === 'series' || role.value === 'volume' || role.value === 'frames')
  const hint = other
    ? `maps of ${roleWords[other.role.value]} cannot be made; gradients can: \`gradient()\` takes any input`
    : 'gradcam explains networks with an input of shape [N, C, H, W] or [N, H, W, C], or the same without N'
  return new GradcamError('unsupported-model', `the model has no image input; its inputs are ${found || 'none'}`, { hint })
}
