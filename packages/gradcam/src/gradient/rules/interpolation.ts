/** @file How Resize draws each place of an axis from places of its input: ONNX's coordinate modes and filters, as sparse rows. */

/** A share that an output place takes from an input place. */
export interface Tap {
  place: number
  weight: number
}

export interface Interpolation {
  mode: 'nearest' | 'linear' | 'cubic'
  coordinates: string
  /** How nearest rounds; `simple` is what ONNX Runtime did before opset 11. */
  rounding: string
  cubicCoefficient: number
  excludeOutside: boolean
  antialias: boolean
}

export interface Axis {
  input: number
  output: number
  /** As declared; output ÷ input only where sizes were given. */
  scale: number
  /** Begin and end of the region for tf_crop_and_resize, as parts of the axis. */
  region: readonly [number, number]
}

type Rounded = (value: number) => number

/** The place in the input that an output place shows; `f` rounds to single precision where ONNX Runtime's rounding decides. */
function source(i: number, coordinates: string, { input, output, scale, region: [start, end] }: Axis, f: Rounded): number {
  if (scale === 1) return i
  const halfPixel = (): number => f(f(f(i + 0.5) / scale) - 0.5)
  switch (coordinates) {
    case 'asymmetric':
      return f(i / scale)
    case 'pytorch_half_pixel':
      return output > 1 ? halfPixel() : 0
    case 'align_corners':
      return output > 1 ? f(f(i * (input - 1)) / (output - 1)) : 0
    case 'tf_crop_and_resize':
      return output > 1 ? start * (input - 1) + (i * (end - start) * (input - 1)) / (output - 1) : 0.5 * (start + end) * (input - 1)
    case 'half_pixel_symmetric': {
      const adjustment = output / (scale * input)
      return (input / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5
    }
    default:
      return halfPixel()
  }
}

const preferFloor = (x: number): number => Math.ceil(x - 0.5)

/** How a place between two becomes one of them, other than by `round_prefer_floor`. */
const roundings: Readonly<Record<string, (x: number, shrinks: boolean) => number>> = {
  simple: (x, shrinks) => (shrinks ? Math.ceil(x) : Math.floor(x)),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
}

/** Keys 1981: the cubic convolution kernel with free coefficient a. */
export function cubicWeight(distance: number, a: number): number {
  const d = Math.abs(distance)
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
}

const filterWeight = ({ mode, cubicCoefficient }: Interpolation, distance: number): number =>
  mode === 'cubic' ? cubicWeight(distance, cubicCoefficient) : Math.max(0, 1 - Math.abs(distance))

const clamped = (place: number, size: number): number => Math.min(Math.max(place, 0), size - 1)

/** All taps of an output place: those outside are cut off, or folded onto the border; then their sum is 1. */
function filtered(spec: Interpolation, { input }: Axis, first: number, last: number, weightAt: (place: number) => number): Tap[] {
  const taps: Tap[] = []
  let total = 0
  for (let place = first; place <= last; place++) {
    const outside = place < 0 || place >= input
    const weight = outside && spec.excludeOutside ? 0 : weightAt(place)
    total += weight
    if (weight !== 0) taps.push({ place: clamped(place, input), weight })
  }
  return taps.map(({ place, weight }) => ({ place, weight: total === 0 ? weight : weight / total }))
}

/** For every output place of an axis the input places it is made of. Values outside a cropped region are constant: no taps. */
export function axisTaps(spec: Interpolation, axis: Axis): Tap[][] {
  const { input, output, scale } = axis
  const f: Rounded = spec.mode === 'nearest' ? Math.fround : (value) => value
  const reach = spec.mode === 'cubic' ? 2 : 1
  const rounded = roundings[spec.rounding] ?? preferFloor
  return Array.from({ length: output }, (_, i) => {
    const x = source(i, spec.coordinates, axis, f)
    if (spec.coordinates === 'tf_crop_and_resize' && (x < 0 || x > input - 1)) return []
    if (spec.mode === 'nearest') return [{ place: clamped(rounded(x, scale < 1), input), weight: 1 }]
    if (spec.antialias) {
      // the filter widens with the step, as Pillow's does
      const stretch = Math.max(1, 1 / scale)
      const first = Math.floor(x + 1 - reach * stretch)
      const last = Math.floor(x + 1 + reach * stretch) - 1
      return filtered(spec, axis, first, last, (place) => filterWeight(spec, (place - x) / stretch))
    }
    if (spec.mode === 'linear') {
      const inside = clamped(x, input)
      const low = Math.floor(inside)
      const taps = [low, low + 1].map((place) => ({ place, weight: filterWeight(spec, inside - place) }))
      return taps.filter(({ weight }) => weight !== 0)
    }
    const base = Math.floor(x)
    return filtered(spec, axis, base - 1, base + 2, (place) => filterWeight(spec, place - x))
  })
}
