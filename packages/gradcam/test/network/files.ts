/** @file The files that the cases name: models, photos, tensors, masks; the same on disk and on a server. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from 'onnx-buf'
import type { Pixels } from '../../src/core/pixels.ts'
import { float32 } from '../../src/core/tensor.ts'
import { writeNpy } from '../../src/io/npy.ts'
import { encodeImage } from '../../src/node/index.ts'
import { buildModel, modelProto, node } from '../support/build.ts'
import { headed, images } from '../support/small-nets.ts'

const labels = ['dog', 'собака', 'σκύλος', 'cat', 'cup']
const config = JSON.stringify({ id2label: labels })
const preprocessing = JSON.stringify({ size: { height: 8, width: 8 }, resample: 2, image_mean: [0.5], image_std: [0.25] })

/** `headed` with one weight in another file. */
function external(location: string): { model: Uint8Array; data: Uint8Array } {
  const proto = modelProto(headed())
  const weight = proto.graph?.initializer.find(({ name }) => name === 'w2')
  if (!weight) throw new Error('no weight')
  const data = weight.rawData
  const entries = { location, offset: '0', length: String(data.length) }
  Object.assign(weight, {
    rawData: new Uint8Array(),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  })
  return { model: toBinary(ModelProtoSchema, proto), data }
}

/** Class scores that are the image itself, at 2×2 places. */
const region = buildModel({
  inputs: { x: ['N', 3, 2, 2] },
  outputs: { scores: ['N', 3, 2, 2] },
  weights: { bias: float32([-1, -1, -1], [1, 3, 1, 1]) },
  nodes: [node('Relu', ['x'], 'features'), node('Add', ['features', 'bias'], 'scores')],
})

const photo: Pixels = {
  width: 24,
  height: 16,
  channels: 3,
  data: Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * i * 31 + i * 7) % 256),
}
const mask: Pixels = { width: 2, height: 2, channels: 1, data: Uint8Array.of(255, 0, 0, 200) }

/** All files by their paths. `at` gives the whole name of one, for files that name another. */
export async function filesFor(at: (file: string) => string): Promise<Record<string, Uint8Array | string>> {
  const png = await encodeImage(photo, 'png')
  const beside = external('data/weights #1.bin')
  return {
    'net/onnx/model.onnx': buildModel(headed()),
    'net/config.json': config,
    'net/preprocessor_config.json': preprocessing,
    'external/model.onnx': beside.model,
    'external/config.json': config,
    'external/data/weights #1.bin': beside.data,
    'outside/model.onnx': external('../external/data/weights #1.bin').model,
    'lost/model.onnx': external('weights.bin').model,
    'broken/model.onnx': buildModel(headed()),
    'broken/config.json': '{',
    'region/model.onnx': region,
    'region/config.json': JSON.stringify({ id2label: ['sky', 'sea', 'land'] }),
    'region.npy': writeNpy(float32([5, 1, 0, 2, 1, 3, 0, 1.5, 0, 0, 0.5, 0], [1, 3, 2, 2])),
    'image.npy': writeNpy(images(1)),
    'mask.png': await encodeImage(mask, 'png'),
    'mask.npy': writeNpy(float32([1, 0, 0, 1], [2, 2])),
    'target.json': JSON.stringify({ kind: 'region', class: 'sky', over: { mask: { file: at('mask.png') } } }),
    'photo.png': png,
    'photo.onnx': png,
    'page.png': '<!doctype html><html>404</html>',
    'empty.png': '',
    'damaged.png': png.slice(0, 40),
  }
}

/** The typeface, as a page would serve it. */
export function fontFiles(): Record<string, Uint8Array> {
  const { resolve } = createRequire(import.meta.url)
  const names = ['latin', 'latin-ext', 'greek', 'cyrillic', 'vietnamese'].flatMap((script) =>
    [400, 600].map((n) => `inter-${script}-${n}-normal.woff`),
  )
  return Object.fromEntries(names.map((name) => [`fonts/${name}`, readFileSync(resolve(`@fontsource/inter/files/${name}`))]))
}
