/** @file Colour maps as tables of 256 colours: jet by MATLAB's formula, the perceptual ones from d3-scale-chromatic. */
import {
  interpolateCividis,
  interpolateInferno,
  interpolateMagma,
  interpolatePlasma,
  interpolateRdBu,
  interpolateTurbo,
  interpolateViridis,
} from 'd3-scale-chromatic'
import { badOption } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'

/** 256 colours, R G B each, from the lowest value to the highest. */
export type Colormap = Uint8Array

const levels = 256

/**
 * MATLAB's `jet(256)`: three trapezoids of slope 4/256, blue leading, red trailing. Its rows are multiples of 1/64, so
 * the first is [0, 0, 0.515625] and the last [0.5, 0, 0].
 */
function jet(): Colormap {
  const quarter = levels / 4
  const ramp = (step: number): number => Math.max(0, Math.min(1, step / quarter, (3 * quarter - step) / quarter))
  // ramp(step) rises over 1 … 64, stays, and falls to 0 at 192; each colour is shifted by a quarter
  return colours((i) => [ramp(i + 1 - 1.5 * quarter), ramp(i + 1 - 0.5 * quarter), ramp(i + 1 + 0.5 * quarter)])
}

function colours(at: (i: number) => readonly [number, number, number]): Colormap {
  const table = new Uint8Array(levels * 3)
  for (let i = 0; i < levels; i++)
    table.set(
      at(i).map((part) => Math.round(part * 255)),
      i * 3,
    )
  return table
}

/** d3 answers `#440154` or `rgb(68, 1, 84)`. */
const fromD3 = (interpolate: (t: number) => string) => (): Colormap =>
  colours((i) => {
    const text = interpolate(i / (levels - 1))
    const parts = text.startsWith('#')
      ? [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
      : (text.match(/\d+/g) ?? []).map(Number)
    const [r = 0, g = 0, b = 0] = parts
    return [r / 255, g / 255, b / 255]
  })

const makers: Readonly<Record<string, () => Colormap>> = {
  jet,
  turbo: fromD3(interpolateTurbo),
  viridis: fromD3(interpolateViridis),
  inferno: fromD3(interpolateInferno),
  magma: fromD3(interpolateMagma),
  plasma: fromD3(interpolatePlasma),
  cividis: fromD3(interpolateCividis),
  'blue-red': fromD3((t) => interpolateRdBu(1 - t)),
  grey: () => colours((i) => [i / 255, i / 255, i / 255]),
}

const made = new Map<string, Colormap>()

/** The names that `colormap` knows; the first is the default. */
export const colormapNames: readonly string[] = Object.keys(makers)

/** Whether the middle of a colour map stands for zero: blue against, red for. */
export const colormapIsDiverging = (name: string): boolean => name === 'blue-red'

/**
 * The colour map of a name: 256 × 3 bytes. Made once; do not write to it.
 *
 * @throws {GradcamError} `bad-option` for an unknown name, with the nearest ones
 * @example colormap('turbo').subarray(0, 3) // the colour of 0
 */
export function colormap(name: string): Colormap {
  const known = made.get(name)
  if (known) return known
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined
  if (!make) {
    const suggestions = nearestNames(name, colormapNames)
    throw badOption(`unknown colormap: ${name.slice(0, 60)}`, `one of ${colormapNames.join(', ')}`, { suggestions })
  }
  const table = make()
  made.set(name, table)
  return table
}
