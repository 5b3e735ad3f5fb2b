/** @file Average pools, and global pools (a tie of the global maximum is shared). */
import { sizeOf } from '../../core/tensor.ts'
import { fixedDims, type Rule } from '../rule.ts'
import { foldWith, perChannel } from './patches.ts'
import { poolWindows, type Windows } from './window.ts'

/** Every place of a window receives the same share. */
export const AveragePool: Rule = (context) => {
  const { g, x, dy } = context
  const windows = poolWindows(context)
  const padded = context.int('count_include_pad', 0) !== 0
  // one window over the whole image is a global pool: the gradient stays [N, C, 1, …] and broadcasts
  const whole = windows.output.every((size) => size === 1) && windows.kernel.every((k, i) => k === windows.input[i])
  if (whole && windows.begins.every((begin) => begin === 0)) return [g.mul(context.compact, 1 / sizeOf(windows.kernel))]
  const counts = windowCounts(windows, padded)
  const shares = g.div(perChannel(g, dy), g.floats(counts, [1, 1, ...windows.output], x.type))
  const ones = g.floats(new Float32Array(sizeOf(windows.kernel)).fill(1), [1, 1, ...windows.kernel], x.type)
  return [g.reshape(foldWith(g, shares, ones, windows), x.shape)]
}

/** How many places each window averages over: those in the image, and with `padded` those in the declared padding. */
function windowCounts(windows: Windows, padded: boolean): Float32Array {
  const perAxis = windows.output.map((size, axis) => {
    const [stride, dilation] = [windows.strides[axis] as number, windows.dilations[axis] as number]
    const begin = windows.begins[axis] as number
    const low = padded ? -begin : 0
    const high = (windows.input[axis] as number) + (padded ? (windows.declaredEnds[axis] as number) : 0)
    const taps = Array.from({ length: windows.kernel[axis] as number }, (_, k) => k * dilation - begin)
    return Array.from({ length: size }, (_, o) => taps.filter((tap) => o * stride + tap >= low && o * stride + tap < high).length)
  })
  let counts = [1]
  for (const axis of perAxis) counts = counts.flatMap((outer) => axis.map((inner) => outer * inner))
  return Float32Array.from(counts)
}

/** All places are alike: the gradient stays [N, C, 1, …] and broadcasts. */
export const GlobalAveragePool: Rule = (context) => {
  const { g, x, compact } = context
  return [g.mul(compact, 1 / sizeOf(fixedDims(context, x.shape.slice(2))))]
}

export const GlobalMaxPool: Rule = ({ g, x, y, dy }) => {
  const hits = g.mask(g.equal(x, y), x.type)
  return [g.mul(hits, g.div(dy, g.sum(hits, [...x.shape.keys()].slice(2))))]
}
