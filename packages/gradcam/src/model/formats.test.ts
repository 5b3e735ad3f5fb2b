/** @file Tests of formats.ts: how files begin that people give in place of an ONNX model. Beginnings by the frameworks' own writers. */
import { expect, test } from 'vitest'
import { buildModel } from '../../test/support/build.ts'
import { headed } from '../../test/support/small-nets.ts'
import { formatByName, otherFormat } from './formats.ts'

const latin = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0))
const zip = (name: string): string => `PK\x03\x04${'\0'.repeat(26)}${name}`

test.each<[string, string, RegExp, RegExp]>([
  ['.h5', '\x89HDF\r\n\x1a\n\0\0', /Keras/, /tf2onnx/],
  ['.keras', zip('metadata.json'), /Keras/, /export\("model\.onnx"/],
  ['.tflite', '\x1c\0\0\0TFL3\x14\0', /TensorFlow Lite/, /--tflite/],
  ['.ort', '\x18\0\0\0ORTM\0\0', /ONNX Runtime's own format/, /\.onnx/],
  ['.pt', zip('resnet18/data.pkl'), /PyTorch/, /torch\.onnx\.export/],
  ['.pt of TorchScript', zip('archive/code/__torch__.py'), /PyTorch/, /torch\.onnx\.export/],
  ['an old .pth', '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19', /pickle/, /torch\.onnx\.export/],
  ['a pickle', '\x80\x04\x95\x1c\0\0', /pickle/, /torch\.onnx\.export/],
  ['.safetensors', '\x98\x01\0\0\0\0\0\0{"__metadata__":{"format":"pt"}', /safetensors/, /optimum-cli/],
  ['.gz', '\x1f\x8b\x08\0', /gzip/, /gunzip/],
  ['.zip', zip('model.onnx'), /ZIP/, /unpack/],
  ['.tar', `model.onnx${'\0'.repeat(247)}ustar`, /tar/, /unpack/],
  ['.pb of SavedModel', '\x08\x01\x12\xf2\xa1\x03\n\x8c', /SavedModel/, /--saved-model/],
  ['.pb of a frozen graph', '\n?\n\x05input\x12\x0bPlaceholder*\x0b', /frozen TensorFlow graph/, /--graphdef/],
  ['.mlmodel', '\x08\x04\x12\xd9\x02\n\x1b\n\x05image', /Core ML/, /export/],
  ['.engine', 'ftrt\0\0', /TensorRT/, /\.onnx/],
  ['.engine of Ultralytics', '\x9d\x01\0\0{"description": "Ultralytics YOLO', /TensorRT engine of Ultralytics/, /format=onnx/],
  ['.xml', '<?xml version="1.0"?>\n<net name="net" version="11">', /OpenVINO/, /\.onnx/],
  ['.param', '7767517\n75 83\n', /ncnn/, /\.onnx/],
  ['.npz', zip('arr_0.npy'), /NumPy/, /weights alone/],
  ['a page', '\xef\xbb\xbf<!DOCTYPE html>', /web page/, /direct link/],
])('%s', (_, start, what, hint) => {
  const found = otherFormat(latin(start))
  expect([found?.what, found?.hint]).toEqual([expect.stringMatching(what), expect.stringMatching(hint)])
})

test('an ONNX model is none of them, whoever made it', () => {
  const whole = buildModel(headed())
  expect(otherFormat(whole)).toBeUndefined()
  for (const start of [
    '\x08\x08\x12\x07pytorch',
    '\x08\x04\x12\x07pytorch',
    '\x08\x07\x12\x07tf2onnx\x1a\x05',
    '\x08\x01\x12\x04CNTK',
    '\x08\x03\x12\x0bonnx-caffe2',
    // a graph whose first node's first input comes at once
    '\x08\x07\x12\0:\x20\n\x10\n\x05image',
  ])
    expect(otherFormat(latin(start))).toBeUndefined()
})

test('where bytes say nothing, the ending does', () => {
  expect(formatByName('/m/net.bin')?.what).toContain('OpenVINO')
  expect(formatByName('C:\\m\\YOLO.WEIGHTS')?.what).toContain('Darknet')
  for (const name of ['model.onnx', 'model', 'constructor', 'a.constructor']) expect(formatByName(name)).toBeUndefined()
})
