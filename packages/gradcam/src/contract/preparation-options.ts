/** @file The user's word on how photos are prepared, over what files and graph say. */
import { oneOf } from '../core/choice.ts'
import { badOption, GradcamError } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import type { InputSize } from '../model/input-size.ts'
import { finalSize, largestSide, type Preprocessing, type Step } from '../model/preprocessing.ts'
import { namedPreprocessing, type PreprocessingName } from '../model/preprocessing/named.ts'
import { ownPreprocessing } from '../model/preprocessing/own.ts'
import { checkWindow, type LevelWindow } from '../model/level-window.ts'
import { type Fact, fact } from './fact.ts'
import type { Preparation } from './preparation.ts'
import type { Values } from './values.ts'

/** How a photo gets the size of the input: the whole photo, squeezed; its middle, cut out; the whole photo with grey bars; as it is. */
export const resizings = ['squeeze', 'crop', 'letterbox', 'none'] as const
/** Name of a way to resize. */
export type Resizing = (typeof resizings)[number]

/** Orders of channels; `grey`: the brightness in each. */
export const channelOrders = ['rgb', 'bgr', 'grey'] as const

/** What a user may say of how photos are prepared; each replaces what files and graph say. */
export interface PreparationOptions {
  /** All of it: a usual way by name, or in full. What stands beside it wins. */
  preprocessing?: PreprocessingName | Preprocessing | undefined
  /** Which levels of a photo's file become 0 and 255: `[0, 4095]` of 12-bit X-rays; `auto`: the photo's darkest and brightest. Default: bytes as they are, 16-bit values without their low byte. */
  window?: LevelWindow | undefined
  /** Height and width that the network sees, where the model leaves them free. */
  size?: InputSize | undefined
  /** How a photo gets that size; a number resizes the shorter side to so many pixels. */
  resize?: Resizing | number | undefined
  /** Cut out of the middle after resizing; a number for a square. */
  crop?: InputSize | undefined
  /** Factor on the levels 0 … 255, before mean and deviation: 1/255 for 0 … 1, 1 for none. */
  scale?: number | undefined
  /** Subtracted after scaling: one number, or one for each channel in the network's order. */
  mean?: number | readonly number[] | undefined
  /** Divided by after that. */
  std?: number | readonly number[] | undefined
  channels?: (typeof channelOrders)[number] | undefined
}

/** The window that a user asked for, now or in gradcam.json: a preprocessing as a whole replaces what was kept. */
export function windowAsked(given: PreparationOptions, saved: PreparationOptions = {}): LevelWindow | undefined {
  const own = ({ window, preprocessing }: PreparationOptions): LevelWindow | undefined =>
    window ?? (typeof preprocessing === 'object' ? preprocessing.window : undefined)
  return own(given) ?? (given.preprocessing === undefined ? own(saved) : undefined)
}

/** The image input: sides that are undefined are free; `usual` is the size where nothing says one. */
export interface PreparationInput {
  height: number | undefined
  width: number | undefined
  channels: number
  usual: Size
}

/**
 * The preparation with the user's word.
 *
 * @throws GradcamError `bad-option` for what cannot be
 */
export function withOptions(found: Preparation, given: PreparationOptions, input: PreparationInput): Preparation {
  const base = given.preprocessing === undefined ? found : ofPreprocessing(given.preprocessing, input)
  const window = given.window === undefined ? base.window : fact(checkWindow(given.window), 'given', '`window`')
  return {
    ...(window ? { window } : {}),
    steps: stepsOf(base, given, input),
    values: valuesOf(base.values, given, input.channels),
    channelOrder: orderOf(base, given),
  }
}

function ofPreprocessing(given: PreprocessingName | Preprocessing, { height, width, usual }: PreparationInput): Preparation {
  const size = { height: height ?? usual.height, width: width ?? usual.width }
  const { window, steps, scale, mean, std, channelOrder } = typeof given === 'string' ? named(given, size) : checked(given)
  const from = typeof given === 'string' ? `\`preprocessing: '${given}'\`` : '`preprocessing`'
  return {
    ...(window ? { window: fact(window, 'given', from) } : {}),
    steps: fact(steps, 'given', from),
    values: fact({ scale, mean, std }, 'given', from),
    channelOrder: fact(channelOrder, 'given', from),
  }
}

/** A photo that is squeezed gets the size that is usual, where the input leaves it free. */
function named(name: PreprocessingName, size: Size): Preprocessing {
  const found = namedPreprocessing(name, size)
  return { ...found, steps: found.steps.map((step) => (step.kind === 'resize' && step.to === 'input' ? { ...step, to: size } : step)) }
}

/** Of code without types: anything. */
function checked(given: Preprocessing): Preprocessing {
  try {
    return ownPreprocessing(given, '`preprocessing`')
  } catch (error) {
    throw error instanceof GradcamError ? badOption(error.message, error.hint) : error
  }
}

function orderOf({ channelOrder }: Preparation, { channels }: PreparationOptions): Preparation['channelOrder'] {
  return channels === undefined ? channelOrder : fact(oneOf('channels', channels, channelOrders), 'given', '`channels`')
}

function valuesOf(found: Fact<Values>, { scale, mean, std }: PreparationOptions, channels: number): Fact<Values> {
  const names = Object.entries({ scale, mean, std }).filter(([, value]) => value !== undefined)
  if (names.length === 0) return found
  // nobody said ImageNet's mean of a network whose pixels somebody describes
  const base: Values = found.source === 'assumed' ? { scale: found.value.scale, mean: [], std: [] } : found.value
  const factor = scale ?? base.scale
  if (!Number.isFinite(factor) || factor === 0) throw badOption(`\`scale\` is ${scale}`, '`scale` is a number other than 0, as in 1/255')
  const means = perChannel('mean', mean, channels) ?? base.mean
  const deviations = perChannel('std', std, channels) ?? base.std
  if (deviations.includes(0)) throw badOption('`std` has a 0', '`std` divides: give numbers other than 0')
  // the usual mistake: mean of 0 … 255 with pixels of 0 … 1
  if (scale === undefined && Math.abs(255 * factor) <= 2 && [...means, ...deviations].some((value) => Math.abs(value) > 4))
    throw badOption(
      `\`mean\` and \`std\` are those of pixels 0 … 255, but pixels are scaled by ${factor.toPrecision(3)} first`,
      'give `scale: 1`, too, or divide them by 255',
    )
  return fact({ scale: factor, mean: means, std: deviations }, 'given', names.map(([name]) => `\`${name}\``).join(', '))
}

function perChannel(name: string, value: number | readonly number[] | undefined, channels: number): readonly number[] | undefined {
  if (value === undefined) return undefined
  const list = typeof value === 'number' ? [value] : value
  if (list.every(Number.isFinite) && (list.length === 1 || list.length === channels)) return list
  throw badOption(`\`${name}\` is ${list.join(', ')}`, `\`${name}\` is one number, or ${channels}: one for each channel of the input`)
}

// the grey of the bars
const bars = [114]

function stepsOf(base: Preparation, { size, resize, crop }: PreparationOptions, input: PreparationInput): Preparation['steps'] {
  if (size === undefined && resize === undefined && crop === undefined) return base.steps
  const names = Object.entries({ size, resize, crop }).flatMap(([name, value]) => (value === undefined ? [] : [`\`${name}\``]))
  const target = sizeOf(size ?? crop, base, input)
  const cut: Step[] = crop === undefined ? [] : [{ kind: 'crop', to: target }]
  return fact(stepsFor(resize, target, cut, base), 'given', names.join(', '))
}

function stepsFor(resize: PreparationOptions['resize'], target: Size, cut: readonly Step[], base: Preparation): Step[] {
  const filter = base.steps.value.find((step) => step.kind === 'resize')?.filter ?? 'bilinear'
  // a crop alone: what came before it stays
  if (resize === undefined && cut.length > 0) return [...base.steps.value.filter(({ kind }) => kind === 'resize'), ...cut]
  if (typeof resize === 'number') {
    if (!Number.isInteger(resize) || resize < 1 || resize > largestSide) throw badSide('resize', resize)
    return [{ kind: 'resize', to: { shortest: resize }, filter }, ...cut]
  }
  switch (oneOf('resize', resize ?? 'squeeze', resizings)) {
    case 'squeeze':
      return [{ kind: 'resize', to: target, filter }]
    case 'crop':
      return [
        { kind: 'resize', to: { cover: target }, filter },
        { kind: 'crop', to: target },
      ]
    case 'letterbox':
      return [
        { kind: 'resize', to: { inside: target }, filter },
        { kind: 'pad', to: target, place: 'middle', fill: bars },
      ]
    case 'none':
      return [...cut]
  }
}

/** The size that the network sees: as given, or its own. */
function sizeOf(given: InputSize | undefined, { steps }: Preparation, { height, width, usual }: PreparationInput): Size {
  const asked = typeof given === 'number' ? { height: given, width: given } : given
  if (asked) {
    for (const side of [asked.width, asked.height])
      if (!Number.isInteger(side) || side < 1 || side > largestSide) throw badSide('size', side)
    if ((height ?? asked.height) !== asked.height || (width ?? asked.width) !== asked.width) {
      throw badOption(
        `\`size\` is ${asked.width}×${asked.height}, but the model takes ${width ?? asked.width}×${height ?? asked.height} pixels only`,
        'leave `size` out, or export the model with free height and width',
      )
    }
    return asked
  }
  const own = finalSize({ steps: steps.value }) ?? usual
  return { height: height ?? own.height, width: width ?? own.width }
}

const badSide = (name: string, value: number) =>
  badOption(`\`${name}\` is ${value}`, `\`${name}\` is a whole number of pixels from 1 to ${largestSide}, or \`{ width, height }\``)
