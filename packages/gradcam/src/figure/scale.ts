/** @file Which colour stands for which value: a scale of its own for every map, or one for all of a method; signed maps apart. */
import { extremes } from '../core/numbers.ts'
import type { Grid } from '../core/pixels.ts'
import { colormapIsDiverging } from './colormap.ts'
import type { Legend, Tick } from './legend.ts'
import { type Making, signOf } from './sign.ts'
import { unnormalised } from './unnormalised.ts'

/** What the colours of several maps in one figure are relative to. */
export const scales = ['own', 'shared'] as const

/** `own`: every map from its lowest to its highest value. `shared`: equal colours are equal values in all maps of a method; those of two methods have no common unit. */
export type Scale = (typeof scales)[number]

/** A map, and how it was made of its raw one. */
export interface MadeMap extends Making {
  map: Grid
  raw: Grid
}

/** A map as it is coloured. */
export interface ColouredMap {
  /** The map as it is, or before it was normalised where it shares a scale. */
  grid: Grid
  colormap: string
  /** Values that get the first and the last colour. */
  range: readonly [number, number]
  /** Whether zero lies in the middle of the range, and covers nothing. */
  signed: boolean
}

export interface ColourScale {
  /** One for each map, in their order. */
  maps: readonly ColouredMap[]
  /** One for unsigned maps, one for signed ones; whichever there are. */
  legends: readonly Legend[]
}

/** Chooses colours for maps that are shown together: unless a colour map is named for all, signed maps get a diverging one of their own. */
export function colourScale(made: readonly MadeMap[], named: string | undefined, scale: Scale): ColourScale {
  const shared = scale === 'shared' && made.length > 1
  const coloured = new Map<MadeMap, ColouredMap>()
  const kinds = [false, true].flatMap((signed) => {
    const members = made.filter((each) => (named === undefined ? isSigned(each, shared) : colormapIsDiverging(named)) === signed)
    return members.length === 0 ? [] : [{ signed, members }]
  })
  const legends = kinds.map(({ signed, members }) => {
    const colormap = named ?? (signed ? 'blue-red' : 'jet')
    const grids = members.map((each) => (shared ? unnormalised(each) : each.map))
    const own = members.map((each, i) => rangeOf(grids[i] as Grid, each, shared, signed))
    const ranges = shared ? members.map(({ method }) => hull(own.filter((_, i) => members[i]?.method === method))) : own
    members.forEach((each, i) => coloured.set(each, { grid: grids[i] as Grid, colormap, range: ranges[i] as [number, number], signed }))
    const methods = new Set(members.map(({ method }) => method)).size
    const alike = ranges.every(([low, high]) => low === ranges[0]?.[0] && high === ranges[0]?.[1])
    const words = !signed ? (['high', 'low'] as const) : members.every((each) => signOf(each) === 'evidence') ? evidence : plainSigns
    const common = !shared ? 'each its own scale' : methods > 1 ? 'same scale for each method' : 'same scale'
    const caption = [kinds.length > 1 && (signed ? 'signed maps' : 'unsigned maps'), members.length > 1 && common]
      .filter(Boolean)
      .join(', ')
    return { colormap, ticks: ticksOf(alike ? ranges[0] : undefined, words, signed), caption }
  })
  return { maps: made.map((each) => coloured.get(each) as ColouredMap), legends }
}

// what the ends of a signed scale are called
const evidence = ['for', 'against'] as const
const plainSigns = ['positive', 'negative'] as const

/** Whether a map goes from 0 to 1 by its making. */
const isUnit = ({ settings: { normalize } }: Making, shared: boolean): boolean =>
  !shared && (normalize === 'minmax' || normalize === 'percentile')

const isSigned = (made: Making, shared: boolean): boolean => signOf(made) !== undefined && !isUnit(made, shared)

const hull = (ranges: readonly (readonly [number, number])[]): readonly [number, number] => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
]

/**
 * Values that get the first and the last colour. Where a few pixels of a signed map outshine all others, they take the last colour
 * with them: else the map would show nothing but these.
 */
function rangeOf({ data }: Grid, made: Making, shared: boolean, signed: boolean): readonly [number, number] {
  if (isUnit(made, shared)) return [signed ? -1 : 0, 1]
  let [low, high] = extremes(data.filter(Number.isFinite))
  if (!(low <= high)) [low, high] = [0, 1]
  // interpolation may overshoot below zero where nothing is negative
  if (signOf(made) === undefined) low = shared ? 0 : Math.max(0, low)
  high = Math.max(low, high)
  if (!signed) return high > low ? [low, high] : [low, low + 1]
  const { normalize } = made.settings
  // −1 … 1 by its making
  const unit = !shared && (normalize === 'max' || normalize === 'symmetric')
  const whole = unit ? 1 : Math.max(Math.abs(low), Math.abs(high)) || 1
  const usual = usualSize(data)
  const end = usual > 0 && usual < whole / 2 ? usual : whole
  return [-end, end]
}

/** What 99 of 100 values do not exceed, in size. */
function usualSize(data: Float32Array): number {
  const sizes = data.filter(Number.isFinite).map(Math.abs).sort()
  return sizes[Math.ceil(0.99 * (sizes.length - 1))] ?? 0
}

const text = (value: number): string =>
  Math.abs(value) >= 1e4 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)))

/** Without a common range only the words are true of all, and the zero of signed maps. */
function ticksOf(range: readonly [number, number] | undefined, [high, low]: readonly [string, string], signed: boolean): Tick[] {
  const middle = range ? text((range[0] + range[1]) / 2) : signed ? '0' : undefined
  return [
    { at: 1, text: range ? text(range[1]) : '', note: high },
    ...(middle === undefined ? [] : [{ at: 0.5, text: middle }]),
    { at: 0, text: range ? text(range[0]) : '', note: low },
  ]
}
