/** @file What is kept in gradcam.json: written by `saveSettings`, read by the next `load`, and nothing that was not said. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type LoadOptions, load, type Network } from '../../src/node/index.ts'
import { buildModel } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'
import { headed } from '../support/small-nets.ts'

const root = mkdtempSync(join(tmpdir(), 'gradcam-saved-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let made = 0
/** A model of five classes in a folder of its own. */
function modelAt(...parts: string[]): string {
  const file = join(root, String(made++), ...parts)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, buildModel(headed()))
  return file
}

async function using<T>(model: string, options: LoadOptions, use: (network: Network) => Promise<T>): Promise<T> {
  const network = await load(model, { threads: 1, ...options })
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

const save = (model: string, options: LoadOptions): Promise<string> => using(model, options, (network) => network.saveSettings())
const inspect = (model: string, options: LoadOptions = {}) => using(model, options, (network) => network.inspect())
const jsonOf = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))
const codes = async (model: string) => (await inspect(model)).warnings.map(({ code }) => code)

describe('what was said is read back', () => {
  const labels = ['a', 'b', 'c', 'd', 'e']
  test('everything at once', async () => {
    const model = modelAt('model.onnx')
    expect(await codes(model)).toEqual(['preprocessing-assumed'])
    const said: LoadOptions = {
      ...{ labels, task: 'multi-label', imageInput: 'x', layout: 'nchw' },
      ...{ resize: 'letterbox', scale: 1, mean: [104, 117, 123], std: 1, channels: 'bgr' },
    }
    const file = await save(model, said)
    expect(file).toBe(join(dirname(model), 'gradcam.json'))
    expect(jsonOf(file)).toEqual(said)
    const contract = await inspect(model)
    expect(contract.warnings).toEqual([])
    expect(contract).toMatchObject({
      labels: { value: labels, source: 'stated', from: 'gradcam.json' },
      task: { value: 'multi-label', source: 'stated', from: 'gradcam.json' },
      preparation: {
        steps: { value: [{ to: { inside: { height: 8, width: 8 } } }, { kind: 'pad' }], source: 'stated', from: 'gradcam.json' },
        values: { value: { scale: 1, mean: [104, 117, 123], std: [1] }, source: 'stated', from: 'gradcam.json' },
        channelOrder: { value: 'bgr', source: 'stated', from: 'gradcam.json' },
      },
    })
  })

  test('a preprocessing by name, and one in full', async () => {
    const model = modelAt('model.onnx')
    expect(jsonOf(await save(model, { preprocessing: 'inception' }))).toEqual({ preprocessing: 'inception' })
    expect(await codes(model)).toEqual([])
    const { preprocessing } = (
      await using(model, {}, (network) => network.explain({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(9) }))
    ).provenance
    await save(model, { preprocessing })
    expect((await inspect(model)).preparation?.values.value).toEqual({ scale: 1 / 127.5, mean: [1], std: [] })
  })

  test('only what was said is kept: what is assumed stays assumed', async () => {
    const model = modelAt('model.onnx')
    expect(jsonOf(await save(model, { channels: 'bgr' }))).toEqual({ channels: 'bgr' })
    const { preparation, warnings } = await inspect(model)
    expect(preparation).toMatchObject({ channelOrder: { source: 'stated' }, values: { source: 'assumed' }, steps: { source: 'assumed' } })
    expect(warnings).toMatchObject([{ code: 'preprocessing-assumed', message: expect.not.stringContaining('RGB') }])
  })

  test('beside what was kept before; a preprocessing as a whole takes the place of single values', async () => {
    const model = modelAt('model.onnx')
    await save(model, { labels, mean: 0.5 })
    expect(jsonOf(await save(model, { std: 0.25, mean: 0.4 }))).toEqual({ labels, std: 0.25, mean: 0.4 })
    expect(jsonOf(await save(model, { preprocessing: 'caffe' }))).toEqual({ labels, preprocessing: 'caffe' })
    expect(jsonOf(await save(model, { channels: 'rgb' }))).toEqual({ labels, preprocessing: 'caffe', channels: 'rgb' })
  })

  test("the user's word is stronger than what was kept", async () => {
    const model = modelAt('model.onnx')
    await save(model, { labels, channels: 'bgr', task: 'regression' })
    const contract = await inspect(model, { channels: 'grey', task: 'classification', labels: labels.toReversed() })
    expect(contract).toMatchObject({
      labels: { value: labels.toReversed(), source: 'given' },
      task: { value: 'classification', source: 'given' },
      preparation: { channelOrder: { value: 'grey', source: 'given' } },
    })
  })
})

describe('where it lies', () => {
  test.each([
    [['onnx', 'model.onnx'], ['gradcam.json']],
    [
      ['my-onnx', 'model.onnx'],
      ['my-onnx', 'gradcam.json'],
    ],
    [
      ['net', 'onnx', 'best.onnx'],
      ['net', 'gradcam.json'],
    ],
    [
      ['a.b', 'best.onnx'],
      ['a.b', 'gradcam.json'],
    ],
  ])('%j → %j', async (model, place) => {
    const file = modelAt(...model)
    const above = file.slice(0, -join(...model).length)
    expect(await save(file, { channels: 'bgr' })).toBe(join(above, ...place))
    expect((await inspect(file)).preparation?.channelOrder.source).toBe('stated')
  })

  test('where it was read', async () => {
    const file = modelAt('onnx', 'model.onnx')
    const own = join(dirname(file), 'gradcam.json')
    writeFileSync(own, '{"task": "embedding"}')
    expect(await save(file, { channels: 'bgr' })).toBe(own)
    expect(jsonOf(own)).toEqual({ task: 'embedding', channels: 'bgr' })
  })

  test('nowhere: a model of bytes, nothing said, a folder that cannot be written', async () => {
    const network = await load(buildModel(headed()), { channels: 'bgr' })
    expect(await refusal(() => network.saveSettings())).toMatchObject({ code: 'bad-option', message: expect.stringContaining('bytes') })
    await network.close()
    const model = modelAt('model.onnx')
    expect(await refusal(() => save(model, {}))).toMatchObject({ code: 'bad-option', message: expect.stringContaining('nothing to keep') })
    // a folder in the place of the file: permissions do not stop a superuser
    mkdirSync(join(dirname(model), 'gradcam.json'))
    expect(await refusal(() => save(model, { channels: 'bgr' }))).toMatchObject({ code: 'cannot-write' })
  })
})

describe('a file that makes no sense names its field', () => {
  test.each([
    ['{"colour": "rgb"}', /gradcam\.json: colour makes no sense/, /labels, task, imageInput, layout, preprocessing, window, size/],
    ['{"chanels": "rgb"}', /chanels/, /./],
    ['{"labels": [1, 2]}', /labels/, /list of texts/],
    ['{"task": "guessing"}', /task/, /classification, multi-label/],
    ['{"layout": "nhcw"}', /layout/, /nchw or nhwc/],
    ['{"imageInput": 3}', /imageInput/, /name of an input/],
    ['{"mean": "0.5"}', /mean/, /number/],
    ['{"mean": []}', /mean/, /number/],
    ['{"mean": [0.5, 0.5]}', /gradcam\.json: `mean` is 0.5, 0.5/, /one number, or 3/],
    ['{"scale": 0}', /`scale` is 0/, /1\/255/],
    ['{"size": {"width": 8}}', /size/, /width and height/],
    ['{"size": 96}', /the model takes 8×8/, /leave `size` out/],
    ['{"resize": "stretch"}', /resize/, /squeeze, crop, letterbox, none/],
    ['{"channels": "gbr"}', /channels/, /rgb, bgr, grey/],
    ['{"preprocessing": "cafe"}', /preprocessing/, /torchvision, caffe/],
    ['{"preprocessing": {"steps": [{"kind": "turn"}]}}', /kind/, /resize, crop, pad/],
    ['[]', /no JSON object/, /./],
    ['{', /not JSON/, /./],
  ])('%s', async (text, message, hint) => {
    const model = modelAt('model.onnx')
    writeFileSync(join(dirname(model), 'gradcam.json'), text)
    const error = await refusal(() => inspect(model))
    expect(error).toMatchObject({ code: 'model-invalid', message: expect.stringMatching(message), hint: expect.stringMatching(hint) })
  })

  test('fields that were perhaps meant', async () => {
    const model = modelAt('model.onnx')
    writeFileSync(join(dirname(model), 'gradcam.json'), '{"chanels": "rgb"}')
    expect((await refusal(() => inspect(model))).suggestions).toEqual(['channels'])
  })
})
