/** @file The own form: what it says comes back, and every error names its field. */
import { expect, test } from 'vitest'
import { refusal } from '../../../test/support/refusal.ts'
import type { Preprocessing } from '../preprocessing.ts'
import { namedPreprocessing, ultralyticsPreprocessing } from './named.ts'
import { ownPreprocessing } from './own.ts'
import { processors } from './processors.ts'
import { parsePreprocessing } from './sources.ts'

const again = (spec: Preprocessing): Preprocessing => ownPreprocessing(JSON.parse(JSON.stringify(spec)))

test('every preprocessing is JSON, and comes back from it', () => {
  const needs = { ImageGPT: { do_color_quantize: false } } as Record<string, object>
  for (const kind of Object.keys(processors)) {
    const spec = parsePreprocessing({ image_processor_type: `${kind}ImageProcessor`, ...needs[kind] })
    expect(again(spec), kind).toEqual(spec)
  }
  for (const spec of [
    namedPreprocessing('torchvision', { height: 240, width: 320 }),
    ultralyticsPreprocessing({ imgsz: [384, 640] }),
    parsePreprocessing({ pretrained_cfg: { input_size: [3, 64, 48], crop_mode: 'border' } }),
  ])
    expect(again(spec)).toEqual(spec)
})

test('what is left out changes nothing', () => {
  expect(ownPreprocessing({})).toEqual({
    steps: [{ kind: 'resize', to: 'input', filter: 'bilinear' }],
    scale: 1,
    mean: [],
    std: [],
    channelOrder: 'rgb',
    layout: 'nchw',
  })
})

const resize = { kind: 'resize', to: { height: 8, width: 8 }, filter: 'bilinear' }
const pad = { kind: 'pad', to: 'square', place: 'start', fill: [0] }
test.each<[field: string, json: unknown]>([
  ['steps', { steps: 'resize' }],
  ['steps', { steps: Array.from({ length: 17 }, () => resize) }],
  ['steps[0]', { steps: [3] }],
  ['steps[0].kind', { steps: [{ kind: 'turn' }] }],
  ['steps[1].to', { steps: [resize, { kind: 'resize', filter: 'box' }] }],
  ['steps[0].to.height', { steps: [{ ...resize, to: { height: 1e9, width: 8 } }] }],
  ['steps[0].to.shortest', { steps: [{ ...resize, to: { shortest: 0 } }] }],
  ['steps[0].to.rounding', { steps: [{ ...resize, to: { shortest: 8, rounding: 'sideways' } }] }],
  ['steps[0].to.long', { steps: [{ ...resize, to: { shortest: 8, long: 9 } }] }],
  ['steps[0].to.inside', { steps: [{ ...resize, to: { inside: 8 } }] }],
  ['steps[0].filter', { steps: [{ ...resize, filter: 'smooth' }] }],
  ['steps[0].multiple.of', { steps: [{ ...resize, multiple: { of: 0, rounding: 'up' } }] }],
  ['steps[0].multiple.rounding', { steps: [{ ...resize, multiple: { of: 32 } }] }],
  ['steps[0].reducingGap', { steps: [{ ...resize, reducingGap: 0 }] }],
  ['steps[0].size', { steps: [{ ...resize, size: 8 }] }],
  ['steps[0].to.share.width', { steps: [{ kind: 'crop', to: { share: { height: 0.5, width: 2 } } }] }],
  ['steps[0].odd', { steps: [{ kind: 'crop', to: { height: 8, width: 8 }, odd: 'up' }] }],
  ['steps[0].place', { steps: [{ ...pad, place: 'end' }] }],
  ['steps[0].fill', { steps: [{ ...pad, fill: [300] }] }],
  ['steps[0].fill.value', { steps: [{ ...pad, fill: { value: 'grey' } }] }],
  ['steps[0].to.multiple', { steps: [{ ...pad, to: { multiple: 0 } }] }],
  ['scale', { scale: Number.NaN }],
  ['mean', { mean: [1, 'x'] }],
  ['std', { std: [0] }],
  ['channelOrder', { channelOrder: 'gbr' }],
  ['layout', { layout: 'chw' }],
  ['preprocessing.size', { size: 224 }],
])('%s is named', async (field, json) => {
  const error = await refusal(() => ownPreprocessing(json, 'gradcam.json'))
  expect(error).toMatchObject({ code: 'model-invalid' })
  expect(error.message.startsWith(`gradcam.json: ${field} is `), error.message).toBe(true)
})
