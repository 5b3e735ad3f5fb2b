/** @file Conformance checks on the bounds of a Clip, to the last bit: behind a convolution its mask has a form of its own. */
import { float32, toFloat32, type Tensor } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { expectClose } from '../support/close.ts'
import type { Check } from './conformance-check.ts'
import { numbers } from '../support/finite-differences.ts'
import { gradientsOf } from '../support/gradients.ts'

/** The float32 that many steps further from zero. */
function beside(value: number, steps: number): number {
  const single = Float32Array.of(value)
  const bits = new Uint32Array(single.buffer)
  bits[0] = (bits[0] as number) + steps
  return single[0] as number
}

const highs = [6, 1, Math.fround(4.7), Math.fround(0.003), 2 ** 11, 2 ** 25].map((high) => ({ high, name: `high_${high}` }))

/** y = clip(x, 0, high) for each bound, x through a convolution that changes nothing. */
function clipsBehindConvolutions(channels: number): Check {
  const places = [0, -0, -1, 1e-30, ...highs.flatMap(({ high }) => [high / 2, beside(high, -1), high, beside(high, 1)])]
  const shape = [1, channels, 2, places.length]
  const x = float32(
    Array.from({ length: 2 * channels * places.length }, (_, i) => places[i % places.length] as number),
    shape,
  )
  const eye = float32(
    Array.from({ length: channels ** 2 }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0)),
    [channels, channels, 1, 1],
  )
  const seeds = Object.fromEntries(highs.map(({ name }, i): [string, Tensor] => [`y_${name}`, numbers(i + 1, shape)]))
  const bytes = buildModel({
    inputs: { x: shape },
    outputs: Object.fromEntries(Object.keys(seeds).map((name) => [name, shape])),
    weights: { eye, zero: float32([0], []), ...Object.fromEntries(highs.map(({ high, name }) => [name, float32([high], [])])) },
    nodes: highs.flatMap(({ name }) => [node('Conv', ['x', 'eye'], `x_${name}`), node('Clip', [`x_${name}`, 'zero', name], `y_${name}`)]),
    opset: 13,
  })
  const passing = toFloat32(x).map((value, i) =>
    highs.reduce((sum, { high, name }) => sum + (value > 0 && value < high ? (seeds[`y_${name}`]?.data[i] as number) : 0), 0),
  )
  return {
    title: `Clip/bounds behind a convolution of ${channels} channels`,
    operators: ['Clip'],
    opset: 13,
    model: () => ({ bytes, inputs: { x } }),
    async run(runtime) {
      const { x: actual } = await gradientsOf(bytes, { x }, seeds, ['x'], runtime)
      // of a dozen numbers below 1 only one that is missing, or too many, makes such a difference
      expectClose(actual as Tensor, float32(passing, shape), { atol: 1e-5, rtol: 0 }, 'gradient of x')
    },
  }
}

export const boundChecks: readonly Check[] = [16, 5].map(clipsBehindConvolutions)
