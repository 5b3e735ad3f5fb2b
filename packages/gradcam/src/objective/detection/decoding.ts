/** @file Checks of a decoding: how the outputs of a detector are to be read. */
import { index, isIndices, isNumbers, number, oneOf, record, text, that } from '../fields.ts'

const activation = oneOf('none', 'sigmoid', 'softmax', 'tanh', 'exp', 'squared-sigmoid')
const isNames = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every((each) => text(each) === undefined)
const tensor = that((value) => text(value) === undefined || isNames(value), 'is a name, or a list of names')
const whole = that((value) => isIndices([value]) && value !== 0, 'is a whole number, 1 or more')
const channels = { 'tensor!': tensor, axis: index, groups: whole, from: index, count: index, activation }
const isAbove0 = (value: unknown): boolean => isNumbers(value) && (value as number[]).every((each) => each > 0)
const isAnchors = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((level) => Array.isArray(level) && level.every((each) => isAbove0(each) && each.length === 2))
const power = that((value) => typeof value === 'number' && value > 0, 'is a positive number')
const isPositive = (value: unknown): boolean => isIndices([value]) && value !== 0
const listOf =
  (length: number, fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length === length && value.every(fits)

/** Checks a description that may come from JSON. */
export const decodingCheck = record({
  'classes!': record({ ...channels, background: oneOf('first', 'last') }),
  ids: record({ ...channels, first: index, classes: whole }),
  objectness: record(channels),
  angle: record(channels),
  boxes: record({
    ...channels,
    activations: that(
      listOf(4, (each) => activation(each) === undefined),
      'is a list of four activations',
    ),
    'format!': oneOf('cxcywh', 'cycxhw', 'xyxy', 'yxyx', 'xywh', 'ltrb'),
    'units!': oneOf('pixels', 'normalised', 'cells', 'anchors'),
    grid: that(listOf(2, isPositive), 'is [rows, columns]'),
    places: record({
      'strides!': that(isAbove0, 'is a list of positive numbers'),
      offset: number,
      anchors: that(isAnchors, 'is a list of [width, height] for each stride'),
      order: oneOf('anchors', 'places'),
      spacing: oneOf('stride', 'floor'),
    }),
    sizes: record(channels),
    bins: whole,
    variances: that((value) => isNumbers(value, 4), 'is a list of four numbers'),
    stretch: that((value) => isAbove0([value].flat()), 'is a positive number, or one for each stride'),
    cut: oneOf(true, false),
  }),
  features: text,
  exponents: record({ objectness: power, classes: power }),
  overlap: that((value) => typeof value === 'number' && value > 0 && value <= 1, 'is a number from 0 to 1'),
})
