/** @file Which colour stands for which value: a scale of its own for every map, or one for all. */
import { interpolation } from '../image/interpolation.ts'
import type { PostProcessing } from '../method/post.ts'
import { colormapIsDiverging } from './colormap.ts'
import type { Tick } from './legend.ts'
import type { Grid } from '../core/pixels.ts'

/** What the colours of several maps in one figure are relative to. */
export const scales = ['own', 'shared'] as const

/** `own`: every map from its lowest to its highest value. `shared`: equal colours are equal values in all maps of a method; those of two methods have no common unit. */
export type Scale = (typeof scales)[number]

/** A map, and how it was made of its raw one. */
export interface MadeMap {
  method: string
  map: Grid
  raw: Grid
  settings: PostProcessing
}

export interface ColourScale {
  colormap: string
  /** What is coloured: the maps as they are, or before they were normalised where they share a scale. */
  maps: readonly Grid[]
  /** Values that get the first and the last colour, map by map. */
  ranges: readonly (readonly [number, number])[]
  /** Whether zero lies in the middle, and covers nothing. */
  signed: boolean
  ticks: readonly Tick[]
  /** What must be said where there are several maps. */
  caption: string | undefined
}

/** Chooses colours for maps that are shown together. Signed maps get a diverging colour map unless another one is named. */
export function colourScale(made: readonly MadeMap[], named: string | undefined, scale: Scale): ColourScale {
  const shared = scale === 'shared' && made.length > 1
  const maps = made.map((each) => (shared ? unnormalised(each) : each.map))
  const found = maps.map((map, i) => extent(map, made[i] as MadeMap, shared))
  // by how they were made, not by what is in them: the photos of a series are alike
  const negative = made.some(({ settings }, i) => settings.activation === 'none' && !found[i]?.normalized)
  const colormap = named ?? (negative ? 'blue-red' : 'jet')
  const signed = colormapIsDiverging(colormap)
  const own = found.map((each) => rangeOf(each, signed))
  const ranges = shared ? made.map(({ method }) => hull(own.filter((_, i) => made[i]?.method === method))) : own
  const methods = new Set(made.map(({ method }) => method)).size
  const alike = ranges.every(([low, high]) => low === ranges[0]?.[0] && high === ranges[0]?.[1])
  const caption = made.length > 1 ? (!shared ? 'each its own scale' : methods > 1 ? 'same scale for each method' : 'same scale') : undefined
  return { colormap, maps, ranges, signed, ticks: ticksOf(alike ? ranges[0] : undefined, signed), caption }
}

const hull = (ranges: readonly (readonly [number, number])[]): readonly [number, number] => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
]

interface Extent {
  low: number
  high: number
  /** From 0 to 1 by its making. */
  normalized: boolean
  /** −1 … 1 by its making. */
  unit: boolean
  /** What 99 of 100 values do not exceed, in size. */
  usual: number
}

function extent({ data }: Grid, { settings }: MadeMap, shared: boolean): Extent {
  const { normalize, activation } = settings
  if (!shared && (normalize === 'minmax' || normalize === 'percentile')) return { low: 0, high: 1, normalized: true, unit: false, usual: 1 }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of data) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (!(low <= high)) [low, high] = [0, 1]
  // interpolation may overshoot below zero where nothing is negative
  if (activation !== 'none') low = Math.max(0, low)
  if (shared && activation !== 'none') low = 0
  const unit = !shared && (normalize === 'max' || normalize === 'symmetric')
  return { low, high: Math.max(low, high), normalized: false, unit, usual: usualSize(data) }
}

/** Where a few pixels outshine all others, they take the last colour with them: else the map would show nothing but these. */
function rangeOf({ low, high, unit, usual }: Extent, signed: boolean): readonly [number, number] {
  if (signed) {
    const whole = unit ? 1 : Math.max(Math.abs(low), Math.abs(high)) || 1
    const most = usual > 0 && usual < whole / 2 ? usual : whole
    return [-most, most]
  }
  return high > low ? [low, high] : [low, low + 1]
}

/** The map before it was normalised, made of the raw one by the same steps. */
export function unnormalised({ map, raw, settings }: MadeMap): Grid {
  const { activation, upsample, normalize } = settings
  if (normalize === 'none') return map
  const { width, height } = raw
  const data = raw.data.map((value) => (activation === 'relu' ? Math.max(0, value) : activation === 'abs' ? Math.abs(value) : value))
  if (upsample === 'none' || (map.width === width && map.height === height)) return { width, height, data }
  const across = interpolation(width, map.width, upsample) // [W, w]
  const down = interpolation(height, map.height, upsample) // [H, h]
  const rows = product(data, height, width, across, map.width)
  const out = new Float32Array(map.width * map.height)
  for (let y = 0; y < map.height; y++) {
    for (let from = 0; from < height; from++) {
      const weight = down[y * height + from] as number
      if (weight === 0) continue
      for (let x = 0; x < map.width; x++)
        out[y * map.width + x] = (out[y * map.width + x] as number) + weight * (rows[from * map.width + x] as number)
    }
  }
  return { width: map.width, height: map.height, data: out }
}

/** [h, w] · [W, w]ᵀ = [h, W]. */
function product(data: Float32Array, height: number, width: number, weights: Float32Array, to: number): Float32Array {
  const out = new Float32Array(height * to)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < to; x++) {
      let sum = 0
      for (let k = 0; k < width; k++) sum += (weights[x * width + k] as number) * (data[y * width + k] as number)
      out[y * to + x] = sum
    }
  return out
}

/** What 99 of 100 values do not exceed, in size. */
function usualSize(data: Float32Array): number {
  const sizes = data.filter(Number.isFinite).map(Math.abs).sort()
  return sizes[Math.ceil(0.99 * (sizes.length - 1))] ?? 0
}

const text = (value: number): string =>
  Math.abs(value) >= 1e4 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)))

/** Without a common range only the words are true of all. */
function ticksOf(range: readonly [number, number] | undefined, signed: boolean): Tick[] {
  const [high, low] = signed ? ['for', 'against'] : ['high', 'low']
  if (!range)
    return signed
      ? [
          { at: 1, text: '', note: high },
          { at: 0.5, text: '0' },
          { at: 0, text: '', note: low },
        ]
      : [
          { at: 1, text: '', note: high },
          { at: 0, text: '', note: low },
        ]
  return [
    { at: 1, text: text(range[1]), note: high },
    { at: 0.5, text: text((range[0] + range[1]) / 2) },
    { at: 0, text: text(range[0]), note: low },
  ]
}
