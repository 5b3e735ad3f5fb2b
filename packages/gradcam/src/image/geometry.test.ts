/** @file Where a picture lies in its photo after crops and padding, and what is around it: by hand. */
import { expect, test } from 'vitest'
import { refusal } from '../../test/support/refusal.ts'
import type { Pixels } from '../core/pixels.ts'
import type { Preprocessing, Step } from '../model/preprocessing.ts'
import { ultralyticsPreprocessing } from '../model/preprocessing/named.ts'
import { cropOf } from './geometry.ts'
import { folded } from './levels.ts'
import { preprocess } from './preprocess.ts'

const white = (width: number, height: number): Pixels => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(255),
})
const input = { type: 'float32', layout: 'nchw', width: undefined, height: undefined, channels: 3 } as const
const plain = (steps: Step[], more: Partial<Preprocessing> = {}): Preprocessing => ({
  steps,
  scale: 1,
  mean: [],
  std: [],
  channelOrder: 'rgb',
  layout: 'nchw',
  ...more,
})
const channel = (pixels: Pixels, spec: Preprocessing) => {
  const { tensor, region } = preprocess(pixels, spec, input)
  const [, , height = 0, width = 0] = tensor.dims
  return { height, width, region, values: Array.from((tensor.data as Float32Array).subarray(0, height * width)) }
}

test('a letterbox: the region reaches beyond the photo, as far as the grey does', () => {
  const { region, values } = channel(white(320, 160), { ...ultralyticsPreprocessing({ imgsz: 64 }), scale: 1 })
  // 64×32 of the picture in 64×64: 16 rows of grey above and below, 80 photo pixels each
  expect(region).toEqual({ x: 0, y: -80, width: 320, height: 320 })
  expect(new Set(values.slice(0, 16 * 64))).toEqual(new Set([114]))
  expect(new Set(values.slice(16 * 64, 48 * 64))).toEqual(new Set([255]))
  expect(new Set(values.slice(48 * 64))).toEqual(new Set([114]))
})

test('padding after normalising holds the value itself', () => {
  const spec = plain([{ kind: 'pad', to: { width: 4, height: 3 }, place: 'start', fill: { value: 0 } }], { mean: [55], std: [2] })
  const { region, values } = channel(white(2, 2), spec)
  expect(values).toEqual([100, 100, 0, 0, 100, 100, 0, 0, 0, 0, 0, 0])
  expect(region).toEqual({ x: 0, y: 0, width: 4, height: 3 })
})

test('padding first, then a resize, then a crop', () => {
  const steps: Step[] = [
    { kind: 'pad', to: 'square', place: 'middle', fill: [10] },
    { kind: 'resize', to: { width: 4, height: 4 }, filter: 'box' },
    { kind: 'crop', to: { width: 2, height: 4 } },
  ]
  const { region, values } = channel(white(8, 4), plain(steps))
  expect(region).toEqual({ x: 2, y: -2, width: 4, height: 8 })
  expect(values).toEqual([10, 10, 255, 255, 255, 255, 10, 10])
})

test('a share of the shorter side, then a resize', () => {
  const steps: Step[] = [
    { kind: 'crop', to: { ofShorter: { height: 0.875, width: 0.875 } } },
    { kind: 'resize', to: { width: 7, height: 7 }, filter: 'bilinear' },
  ]
  expect(channel(white(64, 32), plain(steps)).region).toEqual({ x: 18, y: 2, width: 28, height: 28 })
})

test('a mirrored frame, with and without the edge', () => {
  const ramp: Pixels = { width: 3, height: 1, channels: 3, data: new Uint8Array([1, 1, 1, 2, 2, 2, 3, 3, 3]) }
  const frame = (fill: 'reflect' | 'symmetric') =>
    channel(ramp, plain([{ kind: 'pad', to: { width: 7, height: 1 }, place: 'middle', fill }])).values
  expect(frame('reflect')).toEqual([3, 2, 1, 2, 3, 2, 1])
  expect(frame('symmetric')).toEqual([2, 1, 1, 2, 3, 3, 2])
  expect([-5, -4, 0, 3, 4].map((place) => folded(place, 3, 'reflect'))).toEqual([1, 0, 0, 1, 0])
})

test('the middle of an odd rest, as each library takes it', () => {
  const at = (length: number, part: number, odd?: 'floor' | 'truncate' | 'even') =>
    cropOf({ width: length, height: part }, { kind: 'crop', to: { width: part, height: part }, ...(odd && { odd }) }).x
  expect([at(9, 4), at(7, 4), at(4, 7)]).toEqual([2, 1, -2])
  expect([at(9, 4, 'truncate'), at(7, 4, 'truncate'), at(4, 7, 'truncate')]).toEqual([2, 1, -1])
  expect([at(9, 4, 'even'), at(7, 4, 'even'), at(4, 7, 'even')]).toEqual([2, 2, -1])
})

test('the empty margin of a page goes', () => {
  const page: Pixels = white(10, 8)
  page.data.fill(0, (2 * 10 + 3) * 3, (2 * 10 + 5) * 3)
  const { region, values } = channel(page, plain([{ kind: 'crop', to: { darkerThan: 200 } }]))
  expect(region).toEqual({ x: 3, y: 2, width: 2, height: 1 })
  expect(values).toEqual([0, 0])
  expect(channel(white(4, 3), plain([{ kind: 'crop', to: { darkerThan: 200 } }])).region).toMatchObject({ width: 4, height: 3 })
})

test('grey in three channels; a colour as frame of a grey picture', () => {
  const red: Pixels = { width: 1, height: 1, channels: 3, data: new Uint8Array([255, 0, 0]) }
  const { tensor } = preprocess(red, plain([], { channelOrder: 'grey' }), input)
  expect(Array.from(tensor.data as Float32Array)).toEqual([76, 76, 76])
  const steps: Step[] = [{ kind: 'pad', to: { width: 2, height: 1 }, place: 'start', fill: [255, 0, 0] }]
  expect(Array.from(preprocess(red, plain(steps), { ...input, channels: 1 }).tensor.data as Float32Array)).toEqual([76, 76])
})

test('what comes after padding with a value, and what is too large, is refused', async () => {
  const pad: Step = { kind: 'pad', to: 'square', place: 'start', fill: { value: 0 } }
  const late = await refusal(() => preprocess(white(2, 3), plain([pad, { kind: 'crop', to: { width: 1, height: 1 } }]), input))
  expect(late).toMatchObject({ code: 'model-invalid', message: 'preprocessing: step 2 comes after padding with a value' })
  const huge: Step = { kind: 'pad', to: { multiple: 16384 }, place: 'start', fill: [0] }
  expect(await refusal(() => preprocess(white(2, 2), plain([huge]), input))).toMatchObject({ code: 'image-too-large' })
})

test('a much larger picture is shrunk by whole factors first', () => {
  const ramp: Pixels = { width: 8, height: 1, channels: 3, data: Uint8Array.from({ length: 24 }, (_, i) => Math.floor(i / 3) * 10) }
  const to = { width: 2, height: 1 }
  // 8 to 2 with a gap of 2: pairs first (5, 25, 45, 65), then boxes of two of them
  expect(channel(ramp, plain([{ kind: 'resize', to, filter: 'box', reducingGap: 2 }])).values).toEqual([15, 55])
})
