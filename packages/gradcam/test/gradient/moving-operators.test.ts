/** @file Operators that move, interpolate or sample, with attributes and free batches that the golden cases lack, against finite differences. */
import { describe, expect, test } from 'vitest'
import { float32, type Tensor } from '../../src/core/tensor.ts'
import { checkByDifferences, type DifferenceOptions, numbers, type OneNode, oneNode } from '../support/finite-differences.ts'

interface Case extends OneNode {
  title: string
  check?: DifferenceOptions
}

const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
})
const floats = (values: readonly number[]): Tensor => float32([...values], [values.length])
const x = numbers(1, [2, 4, 5, 6])
const free = ['x']

const upAndDown: readonly (readonly [string, readonly number[]])[] = [
  ['up', [1, 1, 1.7, 2.5]],
  ['down', [1, 1, 0.6, 0.45]],
]
const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric']
const resize = (title: string, opset: number, scales: readonly number[], attributes: NonNullable<OneNode['attributes']>): Case => ({
  title: `Resize ${title}`,
  operator: 'Resize',
  opset,
  inputs: { x },
  constants: { roi: floats([]), scales: floats(scales) },
  attributes,
  free,
})
const sized = (title: string, sizes: readonly number[], attributes: NonNullable<OneNode['attributes']>): Case => ({
  title: `Resize ${title}`,
  operator: 'Resize',
  opset: 18,
  inputs: { x },
  constants: { sizes: int64(sizes) },
  reads: ['x', '', '', 'sizes'],
  attributes: { axes: [2, 3], ...attributes },
  free,
})
const resizes: Case[] = upAndDown.flatMap(([direction, scales]) => [
  ...['linear', 'cubic'].flatMap((mode) =>
    coordinates.map((transform) =>
      resize(`${mode} ${transform} ${direction}`, 13, scales, { mode, coordinate_transformation_mode: transform }),
    ),
  ),
  ...coordinates.flatMap((transform) =>
    ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((nearest) =>
      resize(`nearest ${transform} ${nearest} ${direction}`, 13, scales, {
        mode: 'nearest',
        coordinate_transformation_mode: transform,
        nearest_mode: nearest,
      }),
    ),
  ),
  ...['linear', 'cubic'].flatMap((mode) =>
    [0, 1].map((exclude) =>
      resize(`antialias ${mode} exclude_outside ${exclude} ${direction}`, 18, scales, {
        mode,
        antialias: 1,
        exclude_outside: exclude,
        cubic_coeff_a: { float: -0.5 },
      }),
    ),
  ),
  resize(`antialias align_corners ${direction}`, 18, scales, {
    mode: 'linear',
    antialias: 1,
    coordinate_transformation_mode: 'align_corners',
  }),
  resize(`half_pixel_symmetric ${direction}`, 19, scales, { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' }),
])
resizes.push(
  sized('not larger, nearest', [9, 9], { keep_aspect_ratio_policy: 'not_larger' }),
  sized('not smaller, linear', [9, 9], { mode: 'linear', keep_aspect_ratio_policy: 'not_smaller' }),
  sized('to one pixel, antialias', [1, 1], { mode: 'linear', antialias: 1 }),
  {
    ...resize('tf_crop_and_resize, cubic', 13, [1, 1, 1.7, 0.6], { mode: 'cubic', coordinate_transformation_mode: 'tf_crop_and_resize' }),
    constants: { roi: floats([0, 0, 0.15, -0.1, 1, 1, 0.9, 0.8]), scales: floats([1, 1, 1.7, 0.6]) },
  },
)

/** Places with fractions between 0.1 and 0.4, so that no difference quotient crosses a kink; some outside the image. */
function gridOf(sizes: readonly number[], samples: readonly number[], align: boolean): Tensor {
  const dims = [2, ...samples, sizes.length]
  const random = numbers(31, dims, 0, 1).data as Float32Array
  return float32(
    random.map((value, i) => {
      const size = sizes[sizes.length - 1 - (i % sizes.length)] as number
      const place = Math.floor(value * (size + 3)) - 2 + 0.1 + 0.3 * ((value * 97) % 1)
      return align ? (2 * place) / (size - 1) - 1 : (2 * place + 1) / size - 1
    }),
    dims,
  )
}
const samples: Case[] = ['zeros', 'border', 'reflection'].flatMap((padding) =>
  [0, 1].flatMap((align) => [
    ...['linear', 'cubic', 'nearest'].map(
      (mode): Case => ({
        title: `GridSample ${mode} ${padding} align ${align}`,
        operator: 'GridSample',
        opset: 20,
        inputs: { x: numbers(2, [2, 3, 4, 5]), grid: gridOf([4, 5], [3, 7], align === 1) },
        attributes: { mode, padding_mode: padding, align_corners: align },
        free: ['x', 'grid'],
        check: { step: 0.01, tolerance: 3e-3, ...(mode === 'nearest' ? { wrt: ['x'] } : {}) },
      }),
    ),
    {
      title: `GridSample of volumes ${padding} align ${align}`,
      operator: 'GridSample',
      opset: 20,
      inputs: { x: numbers(2, [2, 2, 3, 4, 5]), grid: gridOf([3, 4, 5], [2, 2, 3], align === 1) },
      attributes: { padding_mode: padding, align_corners: align },
      check: { step: 0.01, tolerance: 3e-3 },
    },
  ]),
)

const boxes = float32([0.3, 0.7, 7.2, 8.1, 2.2, 1.3, 9.4, 4.4, -3.1, -2.2, 4.3, 5.7, 5.1, 5.2, 5.6, 5.9], [4, 4])
const roiAlign = (title: string, opset: number, attributes: NonNullable<OneNode['attributes']>): Case => ({
  title: `RoiAlign ${title}`,
  operator: 'RoiAlign',
  opset,
  inputs: { x: numbers(3, [2, 2, 6, 5]) },
  constants: { boxes, image: int64([1, 0, 1, 1]) },
  attributes: { output_height: 3, output_width: 2, spatial_scale: { float: 0.6 }, ...attributes },
})
const regions: Case[] = [
  roiAlign('half_pixel, adaptive', 16, {}),
  roiAlign('half_pixel, two samples', 16, { sampling_ratio: 2 }),
  roiAlign('output_half_pixel', 16, { coordinate_transformation_mode: 'output_half_pixel', sampling_ratio: 3 }),
  roiAlign('opset 10', 10, {}),
  { ...roiAlign('of one image', 16, {}), inputs: { x: numbers(3, [1, 2, 6, 5]) }, constants: { boxes, image: int64([0, 0, 0, 0]) } },
]

const computed: DifferenceOptions = { wrt: ['x'] }
const gathers: Case[] = [
  {
    title: 'Gather, computed, negative',
    operator: 'Gather',
    opset: 13,
    inputs: { x, i: int64([1, -1, 2, 2, -3, 0], [2, 3]) },
    attributes: { axis: 2 },
    free,
    check: computed,
  },
  {
    title: 'Gather, computed, opset 7',
    operator: 'Gather',
    opset: 7,
    inputs: { x, i: int64([1, 3, 3], [3]) },
    attributes: { axis: 3 },
    free,
    check: computed,
  },
  {
    title: 'Gather, permuted',
    operator: 'Gather',
    opset: 13,
    inputs: { x },
    constants: { i: int64([2, 0, 3, 1]) },
    attributes: { axis: 1 },
    free,
  },
  {
    title: 'Gather, with gaps',
    operator: 'Gather',
    opset: 13,
    inputs: { x },
    constants: { i: int64([3, 0]) },
    attributes: { axis: 1 },
    free,
  },
  {
    title: 'Gather, often repeated',
    operator: 'Gather',
    opset: 13,
    inputs: { x },
    constants: { i: int64([1, 1, 1, 1, 1, 1, 3]) },
    attributes: { axis: -1 },
    free,
  },
  {
    title: 'Gather of indices by image',
    operator: 'Gather',
    opset: 13,
    inputs: { table: numbers(4, [5, 3]), i: int64([1, 4, 1, 0], [2, 2]) },
    free: ['i'],
    check: { wrt: ['table'] },
  },
  {
    title: 'GatherElements, computed, free batch',
    operator: 'GatherElements',
    opset: 13,
    inputs: { x: numbers(4, [2, 3, 4]), i: int64([1, -1, 2, 2, 0, 0, 1, 1, 0, 2, 2, 1, 1, 1, 1, 0], [2, 2, 4]) },
    attributes: { axis: 1 },
    free: ['x', 'i'],
    check: computed,
  },
  {
    title: 'GatherElements, computed, of a corner',
    operator: 'GatherElements',
    opset: 13,
    inputs: { x: numbers(4, [3, 4]), i: int64([1, -1, 2, 2], [2, 2]) },
    attributes: { axis: 0 },
    check: computed,
  },
  {
    title: 'GatherND, computed, in a batch',
    operator: 'GatherND',
    opset: 13,
    inputs: { x: numbers(4, [2, 3, 4, 2]), i: int64([0, 1, -1, 3, 2, -1, 0, 0, 0, 0, 1, 2], [2, 3, 2]) },
    attributes: { batch_dims: 1 },
    free: ['x', 'i'],
    check: computed,
  },
  {
    title: 'GatherND, computed',
    operator: 'GatherND',
    opset: 12,
    inputs: { x: numbers(4, [3, 4, 2]), i: int64([0, 2, 2, -1, 0], [5, 1]) },
    check: computed,
  },
  ...['none', 'add', 'mul', 'min', 'max'].map(
    (reduction): Case => ({
      title: `ScatterElements, ${reduction}, computed`,
      operator: 'ScatterElements',
      opset: 18,
      inputs: {
        x: numbers(5, [3, 4], 0.4, 2),
        i: int64(reduction === 'none' ? [2, -1, 0, 1] : [2, 2, 0, 2], [2, 2]),
        u: numbers(6, [2, 2], 0.4, 2),
      },
      attributes: { axis: 1, ...(reduction === 'none' ? {} : { reduction }) },
      check: { wrt: ['x', 'u'], step: 0.01, tolerance: 3e-3 },
    }),
  ),
  ...['none', 'add', 'mul', 'min', 'max'].map(
    (reduction): Case => ({
      title: `ScatterND, ${reduction}, computed`,
      operator: 'ScatterND',
      opset: 18,
      inputs: { x: numbers(5, [4, 3], 0.4, 2), i: int64(reduction === 'none' ? [2, -4] : [2, 2], [2, 1]), u: numbers(6, [2, 3], 0.4, 2) },
      attributes: reduction === 'none' ? {} : { reduction },
      check: { wrt: ['x', 'u'], step: 0.01, tolerance: 3e-3 },
    }),
  ),
]

const transposed = (title: string, filters: readonly number[], attributes: NonNullable<OneNode['attributes']>): Case => ({
  title: `ConvTranspose ${title}`,
  operator: 'ConvTranspose',
  opset: 11,
  inputs: { x, w: numbers(7, filters) },
  attributes,
  free,
})
const shapes: Case[] = [
  transposed('SAME_LOWER', [4, 3, 3, 3], { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  transposed('VALID', [4, 3, 3, 3], { auto_pad: 'VALID', strides: [2, 1] }),
  transposed('output_shape and output_padding', [4, 3, 3, 3], { output_shape: [10, 12], output_padding: [1, 1], strides: [2, 2] }),
  transposed('output_shape, SAME_UPPER', [4, 3, 3, 3], { output_shape: [10, 12], auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  transposed('depthwise', [4, 1, 3, 3], { group: 4, strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
  {
    ...transposed('groups that WebGPU gets wrong', [10, 2, 3, 3], { group: 2 }),
    inputs: { x: numbers(8, [2, 10, 3, 3]), w: numbers(7, [10, 2, 3, 3]) },
  },
  {
    title: 'Conv, groups that WebGPU gets wrong',
    operator: 'Conv',
    opset: 11,
    inputs: { x, w: numbers(7, [8, 1, 3, 3]) },
    attributes: { group: 4, pads: [1, 1, 1, 1] },
    free,
  },
  {
    title: 'Conv, five filters to a group',
    operator: 'Conv',
    opset: 18,
    inputs: { x, w: numbers(7, [20, 1, 3, 3]) },
    attributes: { group: 4 },
    free,
  },
  {
    title: 'DepthToSpace CRD',
    operator: 'DepthToSpace',
    opset: 13,
    inputs: { x: numbers(9, [2, 8, 2, 3]) },
    attributes: { blocksize: 2, mode: 'CRD' },
    free,
  },
  {
    title: 'SpaceToDepth',
    operator: 'SpaceToDepth',
    opset: 13,
    inputs: { x: numbers(9, [2, 3, 4, 6]) },
    attributes: { blocksize: 2 },
    free,
  },
  { title: 'Expand', operator: 'Expand', opset: 13, inputs: { x: numbers(9, [2, 1, 3]) }, constants: { to: int64([3, 1, 4, 3]) }, free },
  { title: 'Tile', operator: 'Tile', opset: 13, inputs: { x: numbers(9, [2, 2, 3]) }, constants: { times: int64([2, 1, 3]) }, free },
]

describe('operators that move, against finite differences', () => {
  for (const { title, check, ...node } of [...resizes, ...samples, ...regions, ...gathers, ...shapes]) {
    test(title, () => checkByDifferences(oneNode(node), node.inputs, check))
  }
})

describe('what cannot be differentiated is refused', () => {
  const inputs = { x: numbers(3, [1, 2, 6, 5]) }
  const constants = { boxes, image: int64([0, 0, 0, 0]) }

  test('RoiAlign of maxima', async () => {
    const model = oneNode({ operator: 'RoiAlign', opset: 16, inputs, constants, attributes: { mode: 'max' } })
    await expect(checkByDifferences(model, inputs)).rejects.toThrow(/RoiAlign node y: only the mode avg/)
  })
})
