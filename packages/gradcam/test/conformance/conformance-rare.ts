/** @file Conformance checks of operators that few exporters write: recurrent ones, deformable convolutions, spectra, positions that turn. */
import { float32, type Tensor } from '../../src/core/tensor.ts'
import type { DifferenceOptions, OneNode } from '../support/finite-differences.ts'
import { numbers } from '../support/finite-differences.ts'
import type { Check } from './conformance-check.ts'
import { byDifferences, microsoft } from './conformance-forms.ts'

const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})
const uint8 = (values: readonly number[], dims: readonly number[]): Tensor => ({ type: 'uint8', dims, data: Uint8Array.from(values) })

/** x [5, 2, 3] through a layer of 4 numbers; its parameters as inputs, by their positions. */
function recurrent(
  operator: string,
  gates: number,
  about: string,
  attributes: NonNullable<OneNode['attributes']>,
  { states = false, of = ['y'] }: { states?: boolean; of?: readonly string[] } = {},
): Check {
  const directions = attributes['direction'] === 'bidirectional' ? 2 : 1
  const state = [directions, 2, 4]
  const inputs = {
    x: numbers(1, [5, 2, 3]),
    w: numbers(2, [directions, gates * 4, 3]),
    r: numbers(3, [directions, gates * 4, 4]),
    b: numbers(4, [directions, 2 * gates * 4]),
    ...(states ? { h: numbers(5, state) } : {}),
    ...(states && operator === 'LSTM' ? { c: numbers(6, state) } : {}),
  }
  const reads = ['x', 'w', 'r', 'b', ...(states ? ['', 'h'] : []), ...(states && operator === 'LSTM' ? ['c'] : [])]
  const outputs = operator === 'LSTM' ? ['y', 'last', 'memory'] : ['y', 'last']
  return byDifferences({ operator, opset: 14, inputs, reads, outputs, attributes: { hidden_size: 4, ...attributes } }, { of }, about)
}

const layers: Check[] = [
  recurrent('RNN', 1, '', {}),
  recurrent('RNN', 1, 'backwards, its states', { direction: 'reverse' }, { states: true, of: ['last'] }),
  recurrent('GRU', 3, '', {}),
  recurrent(
    'GRU',
    3,
    'reset behind the product, both directions',
    { direction: 'bidirectional', linear_before_reset: 1 },
    { states: true },
  ),
  recurrent('GRU', 3, 'states', {}, { states: true, of: ['y', 'last'] }),
  recurrent('LSTM', 4, '', {}),
  recurrent('LSTM', 4, 'both directions', { direction: 'bidirectional' }, { states: true }),
  recurrent('LSTM', 4, 'all outputs', { direction: 'reverse' }, { states: true, of: ['y', 'last', 'memory'] }),
]

const x = numbers(1, [2, 3, 4], -2, 2)
const heads = numbers(7, [2, 3, 5, 6])
const tokens = numbers(8, [2, 5, 18])
const angles = { cos: numbers(9, [7, 3]), sin: numbers(10, [7, 3]) }
const positions = int64([0, 3, 1, 6, 2, 5, 4, 0, 2, 1], [2, 5])
/** Far from kinks: offsets move samples a quarter of a pixel. */
const offsets = (seed: number, dims: readonly number[]): Tensor => numbers(seed, dims, 0.2, 0.4)
const still: DifferenceOptions = { step: 0.01, tolerance: 3e-3 }

const others: Check[] = [
  byDifferences({ operator: 'CastLike', opset: 15, inputs: { x }, constants: { like: float32([0], []) } }),
  byDifferences(
    { operator: 'Shrink', opset: 9, inputs: { x }, attributes: { lambd: { float: 0.7 }, bias: { float: 0.2 } } },
    { step: 0.004, tolerance: 4e-3 },
  ),
  byDifferences({
    operator: 'OneHot',
    opset: 11,
    inputs: { values: numbers(2, [2]) },
    constants: { indices: int64([0, 2, -1, 4], [2, 2]), depth: int64([4], []) },
    reads: ['indices', 'depth', 'values'],
    attributes: { axis: 1 },
  }),
  byDifferences({
    operator: 'MaxUnpool',
    opset: 11,
    inputs: { x: numbers(3, [1, 2, 2, 2]) },
    constants: { indices: int64([0, 3, 9, 14, 17, 18, 24, 31], [1, 2, 2, 2]) },
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  }),
  byDifferences({
    operator: 'Col2Im',
    opset: 18,
    inputs: { x: numbers(4, [2, 18, 12]) },
    constants: { image: int64([5, 6]), block: int64([3, 3]) },
    attributes: { strides: [2, 1], pads: [1, 0, 1, 0] },
    free: ['x'],
  }),
  byDifferences(
    {
      operator: 'Col2Im',
      opset: 18,
      inputs: { x: numbers(5, [1, 8, 9]) },
      constants: { image: int64([5, 5]), block: int64([2, 2]) },
      attributes: { dilations: [2, 2] },
    },
    {},
    'dilated',
  ),
  byDifferences({ operator: 'DFT', opset: 17, inputs: { x: numbers(6, [2, 5, 1]) }, attributes: { onesided: 1 } }),
  byDifferences(
    {
      operator: 'DFT',
      opset: 20,
      inputs: { x: numbers(6, [2, 5, 3, 2]) },
      constants: { axis: int64([1], []) },
      reads: ['x', '', 'axis'],
      attributes: { inverse: 1 },
    },
    {},
    'inverse, along an axis',
  ),
  byDifferences(
    { operator: 'DFT', opset: 17, inputs: { x: numbers(6, [2, 5, 2]) }, constants: { length: int64([4], []) } },
    {},
    'cut short',
  ),
  byDifferences(
    {
      operator: 'DeformConv',
      opset: 19,
      inputs: {
        x: numbers(11, [1, 4, 5, 6]),
        w: numbers(12, [6, 2, 3, 3]),
        offset: offsets(13, [1, 36, 5, 6]),
        b: numbers(14, [6]),
        mask: numbers(15, [1, 18, 5, 6], 0, 1),
      },
      attributes: { pads: [1, 1, 1, 1], group: 2, offset_group: 2 },
    },
    still,
  ),
  byDifferences({ operator: 'RotaryEmbedding', opset: 23, inputs: { x: heads, ...angles }, constants: { positions } }),
  byDifferences(
    {
      operator: 'RotaryEmbedding',
      opset: 23,
      inputs: { x: tokens, cos: numbers(9, [2, 5, 2]), sin: numbers(10, [2, 5, 2]) },
      attributes: { num_heads: 3, interleaved: 1, rotary_embedding_dim: 4 },
    },
    {},
    'in pairs, of a part',
  ),
  byDifferences({
    operator: 'RotaryEmbedding',
    opset: 13,
    domain: microsoft,
    inputs: { x: tokens },
    constants: { positions, ...angles },
  }),
  byDifferences(
    {
      operator: 'RotaryEmbedding',
      opset: 13,
      domain: microsoft,
      inputs: { x: heads },
      constants: { positions: int64([1]), ...angles },
      attributes: { interleaved: 1 },
    },
    {},
    'from a position on',
  ),
  byDifferences({
    operator: 'MatMulNBits',
    opset: 13,
    domain: microsoft,
    inputs: { x: numbers(16, [2, 3, 32]) },
    constants: {
      w: uint8(
        Array.from({ length: 5 * 2 * 8 }, (_, i) => (i * 37 + 11) % 256),
        [5, 2, 8],
      ),
      scales: numbers(17, [10], 0.05, 0.2),
      zeros: uint8([0x73, 0x58, 0x9a, 0x61, 0x8c], [5]),
    },
    attributes: { K: 32, N: 5, bits: 4, block_size: 16 },
  }),
]

export const rareChecks: readonly Check[] = [...layers, ...others]
