/** @file The bell curve as a stack of layers of equal area, from which normal random numbers are drawn by one multiplication (Marsaglia and Tsang 2000). */

const count = 128
/** Number of the widest layer but one; a mask of the layers' bits. */
export const lastLayer = count - 1

/** Where the lowest layer passes into the tail, and the area of each layer: they follow from their number. */
const [start, area] = [3.442619855899, 9.91256303526217e-3]
const scale = 2 ** 24

const height = (x: number): number => Math.exp(-0.5 * x * x)

/** Right ends of the layers, from the lowest, whose rectangle is as wide as if it held the tail, to the top. */
function ends(): Float64Array {
  const x = new Float64Array(count + 1)
  x[0] = area / height(start)
  x[1] = start
  for (let i = 2; i < count; i++) x[i] = Math.sqrt(-2 * Math.log(area / (x[i - 1] as number) + height(x[i - 1] as number)))
  return x
}

const x = ends()

/**
 * What turns places, whole numbers below 2²⁴, into numbers, and the places below which a layer lies wholly under the curve. Rounded, so that
 * the last digits of an engine's logarithm are not seen.
 */
export const layers = {
  widths: Float32Array.from({ length: count }, (_, i) => (x[i] as number) / scale),
  edges: Int32Array.from({ length: count }, (_, i) => Math.floor(((x[i + 1] as number) / (x[i] as number)) * scale)),
}

/** What lies at a layer's end: under the curve or not, in the lowest layer the tail. Undefined where another place must be drawn. */
export function tail(layer: number, at: number, uniform: () => number): number | undefined {
  if (layer > 0) {
    const [low, high] = [height(x[layer] as number), height(x[layer + 1] as number)]
    return low + uniform() * (high - low) < height(at) ? at : undefined
  }
  for (;;) {
    const beyond = -Math.log(1 - uniform()) / start
    if (-2 * Math.log(1 - uniform()) > beyond * beyond) return at < 0 ? -start - beyond : start + beyond
  }
}
