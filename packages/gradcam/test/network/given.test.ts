/** @file Photos and models in every form that code hands them around in; anything else is refused by what it is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeImage, load, type Network, readImage } from '../../src/node/index.ts'
import { writeNpy } from '../../src/io/npy.ts'
import { buildModel } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'
import { headed, images } from '../support/small-nets.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam given ü-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
const model = buildModel(headed()) as Uint8Array<ArrayBuffer>
const size = { width: 8, height: 8 }
const rgb = Uint8Array.from({ length: 192 }, (_, i) => (i * i * 31 + i * 7) % 256)
const rgba = Uint8ClampedArray.from({ length: 256 }, (_, i) => (i % 4 === 3 ? 255 : (rgb[3 * (i >> 2) + (i % 4)] as number)))
let png = new Uint8Array()
let network: Network

const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer
function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length)
  new Uint8Array(buffer).set(bytes)
  return buffer
}

beforeAll(async () => {
  png = Uint8Array.from(await encodeImage({ ...size, channels: 3, data: rgb }, 'png'))
  writeFileSync(at('a #1.png'), png)
  writeFileSync(at('x.npy'), writeNpy(images(1)))
  writeFileSync(at('net.onnx'), model)
  network = await load(model)
})
afterAll(() => network.close())

describe('a photo', () => {
  test.each<[string, () => unknown]>([
    ['a path', () => at('a #1.png')],
    ['a file: URL', () => pathToFileURL(at('a #1.png'))],
    ['the same as text', () => pathToFileURL(at('a #1.png')).href],
    ['bytes', () => png],
    ['a Buffer', () => Buffer.from(png)],
    ['an ArrayBuffer', () => exact(png)],
    ['a DataView', () => new DataView(exact(png))],
    ['bytes that threads share', () => shared(png)],
    ['a view of these', () => new Uint8Array(shared(png))],
    ['a Blob', () => new Blob([png])],
    ['a File', () => new File([png], 'a.png')],
    ['a Response', () => new Response(png)],
    ['pixels', () => ({ ...size, channels: 3, data: rgb })],
    ['ImageData', () => ({ ...size, data: rgba, colorSpace: 'srgb' })],
  ])('%s', async (_, photo) => {
    const [why, usual] = await Promise.all([network.explain(photo() as string, { target: 0 }), network.explain(png, { target: 0 })])
    expect(why.map).toEqual(usual.map)
  })

  test.each<[string, () => unknown]>([
    ['a .npy file', () => at('x.npy')],
    ['its bytes', () => writeNpy(images(1))],
    ['a Blob of them', () => new Blob([Uint8Array.from(writeNpy(images(1)))])],
    ['a tensor', () => images(1)],
  ])('a tensor: %s', async (_, tensor) => {
    const why = await network.explain(tensor() as string, { target: 0 })
    expect([why.photo, why.map]).toEqual([undefined, (await network.explain(images(1), { target: 0 })).map])
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /the photo is missing/],
    ['null', null, /is null/],
    ['a number', 7, /a number/],
    ['a list', [1, 2], /a list/],
    ['numbers without a shape', new Float32Array(192), /Float32Array: numbers without a shape/],
    ['two bytes each', new Uint16Array(192), /Uint16Array/],
    ['an object', { src: 'a.png' }, /an object of another shape/],
    ['a function', () => 'a.png', /a value of type Function/],
    ['pixels of floats', { ...size, channels: 3, data: new Float32Array(192) }, /Float32Array, not a Uint8Array/],
    ['pixels of a list', { ...size, channels: 3, data: Array.from(rgb) }, /a list, not a Uint8Array/],
    ['two channels', { ...size, channels: 2, data: new Uint8Array(128) }, /2 channels/],
    ['too few pixels', { width: 8, height: 9, channels: 3, data: rgb }, /192 values, and 8×9×3 are 216/],
    ['no size', { width: 0, height: 8, channels: 3, data: rgb }, /0×8/],
    ['a tensor without data', { type: 'float32', dims: [1, 3, 8, 8] }, /no typed array/],
    [
      'a tensor that is too short',
      { type: 'float32', dims: [1, 3, 8, 8], data: new Float32Array(5) },
      /5 values, and its dims ask for 192/,
    ],
    ['a URL elsewhere', 'https://example.org/a.png', /URLs are not fetched/],
    ['a URL object elsewhere', new URL('http://example.org/a.png'), /URLs are not fetched/],
    ['a data URL', 'data:image/png;base64,AAAA', /URLs are not fetched/],
  ])('%s is refused', async (_, photo, message) => {
    const error = await refusal(() => network.explain(photo as string))
    expect([error.code, error.message]).toEqual(['bad-option', expect.stringMatching(message)])
    expect((await refusal(() => readImage(photo as string))).code).toBe('bad-option')
  })

  test('a home folder in quotes', async () => {
    const error = await refusal(() => network.explain('~/a.png'))
    expect([error.code, error.hint]).toEqual(['image-missing', expect.stringContaining('in place of ~')])
  })
})

describe('a model', () => {
  test.each<[string, () => unknown, name: string]>([
    ['a path', () => at('net.onnx'), 'net'],
    ['a file: URL', () => pathToFileURL(at('net.onnx')), 'net'],
    ['an ArrayBuffer', () => exact(model), 'model'],
    ['bytes that threads share', () => shared(model), 'model'],
    ['a Blob', () => new Blob([model]), 'model'],
    ['a File', () => new File([model], 'net.onnx'), 'model'],
  ])('%s', async (_, source, name) => {
    const loaded = await load(source() as string)
    expect(loaded.model.name).toBe(name)
    expect((await loaded.explain(png, { target: 0 })).map).toEqual((await network.explain(png, { target: 0 })).map)
    await loaded.close()
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /the model is missing/],
    ['floats', new Float32Array(8), /Float32Array/],
    ['an object', {}, /an object of another shape/],
    ['a URL elsewhere', new URL('https://example.org/a.onnx'), /URLs are not fetched/],
  ])('%s is refused', async (_, source, message) => {
    const error = await refusal(() => load(source as string))
    expect([error.code, error.message]).toEqual(['bad-option', expect.stringMatching(message)])
  })
})

describe('a folder', () => {
  const lay = (name: string, ...files: string[]): string => {
    for (const file of files) {
      mkdirSync(join(at(name), file, '..'), { recursive: true })
      writeFileSync(
        join(at(name), file),
        file.endsWith('.onnx') ? model : file.endsWith('.json') ? '{"id2label": ["a", "b", "c", "d", "e"]}' : '',
      )
    }
    return at(name)
  }
  const opened = async (source: string) => {
    const loaded = await load(source)
    await loaded.close()
    return loaded.model
  }

  test('one model of any name is taken, in the folder or its onnx/', async () => {
    expect((await opened(lay('one', 'best.onnx', '._best.onnx', 'notes.txt'))).file).toBe(join(at('one'), 'best.onnx'))
    const quantised = await opened(lay('quantised', 'onnx/model_quantized.onnx', 'config.json'))
    expect([quantised.name, quantised.labels]).toEqual(['quantised', ['a', 'b', 'c', 'd', 'e']])
  })

  test('the sub-folder onnx/ itself: what lies above it is read', async () => {
    expect((await opened(join(lay('sub', 'onnx/model.onnx', 'config.json'), 'onnx'))).labels).toHaveLength(5)
  })

  test('of several the usual one, else all are named', async () => {
    expect((await opened(lay('usual', 'onnx/model.onnx', 'onnx/model_fp16.onnx'))).file).toMatch(/model\.onnx$/)
    const error = await refusal(() => load(lay('many', 'a.onnx', 'b.onnx')))
    expect([error.code, error.message]).toEqual(['model-missing', expect.stringContaining('2 models: a.onnx, b.onnx')])
  })

  test('of none, what lies there and the way out', async () => {
    const weights = await refusal(() => load(lay('weights', 'config.json', 'model.safetensors')))
    expect([weights.message, weights.hint]).toEqual([
      expect.stringContaining('config.json, model.safetensors'),
      expect.stringContaining('optimum-cli export onnx'),
    ])
    expect((await refusal(() => load(lay('saved', 'saved_model.pb', 'variables/x')))).hint).toContain('--saved-model')
    mkdirSync(at('bare'))
    expect((await refusal(() => load(at('bare')))).message).toContain('it is empty')
  })
})
