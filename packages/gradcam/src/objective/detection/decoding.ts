/** @file Checks of a decoding: how the outputs of a detector are to be read. */
import { index, isIndices, oneOf, record, text, that } from '../fields.ts'

const activation = oneOf('none', 'sigmoid', 'softmax', 'tanh')
const channels = { 'tensor!': text, axis: index, from: index, count: index, activation }
const power = that((value) => typeof value === 'number' && value > 0, 'is a positive number')
const isPositive = (value: unknown): boolean => isIndices([value]) && value !== 0
const listOf =
  (length: number, fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length === length && value.every(fits)

/** Checks a description that may come from JSON. */
export const decodingCheck = record({
  'classes!': record({ ...channels, background: oneOf('first', 'last') }),
  ids: record(channels),
  objectness: record(channels),
  angle: record(channels),
  boxes: record({
    ...channels,
    activations: that(
      listOf(4, (each) => activation(each) === undefined),
      'is a list of four activations',
    ),
    'format!': oneOf('cxcywh', 'xyxy', 'yxyx', 'xywh'),
    'units!': oneOf('pixels', 'normalised'),
    grid: that(listOf(2, isPositive), 'is [rows, columns]'),
  }),
  features: text,
  exponents: record({ objectness: power, classes: power }),
  overlap: that((value) => typeof value === 'number' && value > 0 && value <= 1, 'is a number from 0 to 1'),
})
