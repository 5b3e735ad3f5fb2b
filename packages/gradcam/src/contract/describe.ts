/** @file Steps of a preprocessing in words. */
import type { LevelWindow } from '../model/level-window.ts'
import type { Size } from '../core/pixels.ts'
import type { CropStep, Fill, PadStep, Preprocessing, ResizeStep, Step } from '../model/preprocessing.ts'

const text = ({ width, height }: Size): string => `${width}×${height}`

/**
 * Steps in words.
 *
 * @example describeSteps([{ kind: 'resize', to: { shortest: 256 }, filter: 'bilinear' }, { kind: 'crop', to: { height: 224, width: 224 } }])
 * // 'shorter side to 256 (bilinear), middle 224×224'
 */
export const describeSteps = (steps: Preprocessing['steps']): string => (steps.length === 0 ? 'as it is' : steps.map(wordsOf).join(', '))

function wordsOf(step: Step): string {
  if (step.kind === 'resize') return resizeWords(step)
  return step.kind === 'crop' ? cropWords(step) : padWords(step)
}

function resizeWords({ to, multiple, filter }: ResizeStep): string {
  const round = multiple ? `, multiples of ${multiple.of}` : ''
  return `${targetWords(to)}${round} (${filter})`
}

function targetWords(to: ResizeStep['to']): string {
  if (to === 'input') return "squeezed to the input's size"
  if (to === 'photo') return 'size kept'
  if ('height' in to) return `squeezed to ${text(to)}`
  if ('shortest' in to) return `shorter side to ${to.shortest}${to.longest === undefined ? '' : `, longer at most ${to.longest}`}`
  if ('longest' in to) return `longer side to ${to.longest}`
  if ('inside' in to) return `fitted inside ${text(to.inside)}`
  if ('cover' in to) return `made to cover ${text(to.cover)}`
  if ('nearest' in to) return `scaled towards ${text(to.nearest)}`
  return `height to ${to.line.height}`
}

function cropWords({ to }: CropStep): string {
  if ('height' in to) return `middle ${text(to)}`
  if ('ofShorter' in to) return `middle ${to.ofShorter.width}×${to.ofShorter.height} of the shorter side`
  if ('share' in to) return `middle ${to.share.width}×${to.share.height} of each side`
  return `what is darker than ${to.darkerThan}`
}

const fillWords = (fill: Fill): string =>
  typeof fill === 'string'
    ? `its ${fill === 'reflect' ? 'mirror image' : 'mirror image with edge'}`
    : 'value' in fill
      ? `${fill.value} after normalising`
      : fill.join(', ')

function padWords({ to, place, fill }: PadStep): string {
  const size =
    to === 'square'
      ? 'to a square'
      : 'height' in to
        ? `to ${text(to)}`
        : 'multiple' in to
          ? `to multiples of ${to.multiple}`
          : 'by a margin'
  return `padded ${size}${place === 'start' ? ' at right and bottom' : ''} with ${fillWords(fill)}`
}

/** Which levels of a photo's file become black and white, in words. */
export const describeWindow = (window: LevelWindow): string =>
  window === 'auto' ? "the photo's darkest and brightest to 0 … 255" : `${window[0]} … ${window[1]} to 0 … 255`
