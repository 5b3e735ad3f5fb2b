/** @file Models and files as people have them (../shared/cases): what goes in, under which names, is right without a word, or said. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import type { Explanation, Network } from '../../src/network.ts'
import { load, type LoadOptions } from '../../src/node/index.ts'
import { buildModel, type ModelSpec, node } from '../support/build.ts'
import { numbers } from '../support/finite-differences.ts'
import { refusal } from '../support/refusal.ts'
import { describeShared, sharedPath } from '../support/shared.ts'

const at = (...parts: string[]): string => sharedPath('cases', ...parts)
const wide = at('wide.png')

async function using<T>(name: string, use: (network: Network) => Promise<T>, options: LoadOptions = {}): Promise<T> {
  const network = await load(at(name), { threads: 1, ...options })
  try {
    return await use(network)
  } finally {
    await network.close()
  }
}

const explained = (name: string, target?: number | string, photo = wide): Promise<Explanation> =>
  using(name, (network) => network.explain(photo, target === undefined ? {} : { target }))
const codesOf = ({ warnings }: { warnings: readonly { code: string }[] }): string[] => warnings.map(({ code }) => code)
const sizeOf = ({ map }: Explanation): string => `${map.width}×${map.height}`

describeShared('preprocessing', 'cases', () => {
  // 320×200; logits by the README, by onnxruntime and Pillow
  test.each([
    ['f255.onnx', 1.375, '64×64'],
    ['f32.onnx', 1.375, '64×64'],
    ['nested', 1.49, '224×224'],
    ['dpt', 1.49, '518×322'],
    ['oldyolos', undefined, '1280×800'],
    ['maxsides', undefined, '640×400'],
    ['sam', undefined, '1024×1024'],
    ['exporters2/yolos16', undefined, '160×96'],
  ])('%s', async (name, logit, size) => {
    const why = await explained(name, 0)
    if (logit !== undefined) expect(why.logit).toBeCloseTo(logit, 2)
    expect(sizeOf(why)).toBe(size)
  })

  test.each([
    ['exporters2/levit', [0.294, 0.37, 0.336]],
    ['exporters2/mobilevit5', [0.321, 0.342, 0.337]],
    ['exporters2/procconfig', [0.34, 0.35, 0.31]],
    ['exporters2/unsorted', [0.347, 0.366, 0.288]],
    ['exporters2/unusedinput', [0.347, 0.366, 0.288]],
  ])('%s: red, green, blue', async (name, right) => {
    const top = await using(name, (network) => network.predict(at('exporters2', 'wide.png'), { top: 3 }))
    const scores = ['red', 'green', 'blue'].map((label) => top.find((each) => each.label === label)?.score ?? Number.NaN)
    for (const [k, score] of scores.entries()) expect(score).toBeCloseTo(right[k] as number, 3)
  })

  test('padding and letterbox: the photo lies where it was put', async () => {
    // 320 → 1024, 200 → 640 rows, the rest below
    expect((await explained('sam', 0)).region).toEqual({ x: 0, y: 0, width: 320, height: 320 })
    // 320 → 224, 200 → 140 rows, 42 above and below: 60 of the photo
    const yolo = await explained('yolo/best.onnx', 'box:green')
    expect(yolo.region).toEqual({ x: 0, y: -60, width: 320, height: 320 })
    const [box] = yolo.marked ?? []
    // the green square is 192…288 × 120…180
    expect((box?.x ?? 0) + (box?.width ?? 0) / 2).toBeGreaterThan(192)
    expect((box?.x ?? 0) + (box?.width ?? 0) / 2).toBeLessThan(288)
    expect((box?.y ?? 0) + (box?.height ?? 0) / 2).toBeGreaterThan(120)
    expect((box?.y ?? 0) + (box?.height ?? 0) / 2).toBeLessThan(180)
  })

  test('timm: mean, deviation and crop of its own', async () => {
    const contract = await using('timm', (network) => network.inspect())
    // ⌊64 / 0.875⌋
    expect(contract.preparation).toMatchObject({
      steps: { value: [{ to: { shortest: 73 }, filter: 'bicubic' }, { to: { width: 64, height: 64 } }], source: 'stated' },
      values: { value: { scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } },
    })
    expect(contract.warnings).toEqual([])
    expect((await explained('timm')).label).toBe('red')
  })

  test('uint8 without a file: pixels as they are, and no word on means', async () => {
    const [photo, model] = ['uint8_input.png', 'uint8_input.onnx'].map((name) => at('truth', name)) as [string, string]
    const network = await load(model, { threads: 1 })
    const top = await network.predict(photo, { top: 3 })
    expect(top.map(({ score }) => score)).toEqual([200, 100, 50])
    const [warning] = (await network.inspect()).warnings
    expect(warning?.message).toBe('nothing says how photos are prepared for this network; assumed: squeezed to 32×32 (bilinear), RGB')
    await network.close()
  })

  test.each(['f32.onnx', 'bom', 'zip.onnx', 'trainbn', 'pp', 'quantonly', 'chw'])('%s: what is assumed is said', async (name) => {
    const { contract, why } = await using(name, async (network) => ({
      contract: await network.inspect(),
      why: await network.explain(wide, { target: 0 }),
    }))
    expect(codesOf(contract)).toContain('preprocessing-assumed')
    expect(codesOf(why)).toContain('preprocessing-assumed')
  })

  test.each(['oldyolos', 'dpt', 'nested', 'timm', 'sam', 'maxsides', 'yolo/best.onnx', 'plain'])('%s: nothing is assumed', async (name) => {
    expect((await using(name, (network) => network.inspect())).warnings).toEqual([])
  })
})

describeShared('labels', 'cases', () => {
  test.each([
    ['yolo/best.onnx', "names in the file's metadata"],
    ['timm', 'label_names in config.json'],
    ['zip.onnx', expect.stringMatching(/^ZipMap /)],
    ['exporters2/levit', 'id2label in config.json'],
  ])('%s', async (name, from) => {
    expect((await using(name, (network) => network.inspect())).labels).toMatchObject({ value: ['red', 'green', 'blue'], from })
  })

  test('a byte-order mark', async () => {
    expect((await explained('bom')).top.map(({ label }) => label)).toEqual(['a', 'b', 'c'])
  })

  const folder = mkdtempSync(join(tmpdir(), 'gradcam-cases-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const beside = (name: string, text: string): string => {
    const own = mkdtempSync(join(folder, 'model-'))
    copyFileSync(at('f32.onnx'), join(own, 'model.onnx'))
    writeFileSync(join(own, name), text)
    return own
  }
  test.each([
    ['labels.txt', 'red\ngreen\nblue\n'],
    ['labels.txt', '\uFEFFred\r\ngreen\r\nblue'],
    ['classes.txt', '0 red\n1 green\n2 blue\n'],
    ['synset.txt', 'n01440764 red\nn01443537 green\nn01484850 blue\n'],
    ['labels.json', '["red", "green", "blue"]'],
    ['label_map.json', '{"0": "red", "1": "green", "2": "blue"}'],
    ['config.json', '{"label2id": {"green": 1, "red": 0, "blue": 2}}'],
    ['gradcam.json', '{"labels": ["red", "green", "blue"]}'],
  ])('%s: %j', async (name, text) => {
    const network = await load(beside(name, text), { threads: 1 })
    expect(network.model.labels).toEqual(['red', 'green', 'blue'])
    expect((await network.explain(wide)).label).toBe('red')
    await network.close()
  })

  test.each([
    ['红', '绿', '蓝'],
    ['أحمر', 'أخضر', 'أزرق'],
    ['🔴', '🟢', '🔵'],
  ])('%s %s %s', async (...labels) => {
    const network = await load(beside('labels.txt', labels.join('\n')), { threads: 1 })
    const why = await network.explain(wide, { target: labels[1] })
    expect([why.index, why.label]).toEqual([1, labels[1]])
    expect((await why.overlay().pixels()).width).toBeGreaterThan(0)
    await network.close()
  })
})

describeShared('inputs', 'cases', () => {
  test('six bands: a tensor is explained, a photo refused', async () => {
    expect((await explained('six', undefined, at('six.npy'))).label).toBe('yes')
    expect(await refusal(() => explained('six'))).toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('6 channels'),
    })
  })

  test('without a batch axis: a tensor and a photo', async () => {
    expect(sizeOf(await explained('chw', undefined, at('chw.npy')))).toBe('64×64')
    expect((await explained('chw')).label).toBe('red')
  })

  test.each([
    ['series', 'a series [N, C, L]'],
    ['volume', 'a volume [N, C, D, H, W]'],
    ['tsn', 'several frames [N, T, C, H, W]'],
  ])('%s: a plain word', async (name, words) => {
    const error = await refusal(() => explained(name, undefined, at(`${name}.npy`)))
    expect(error).toMatchObject({ code: 'unsupported-model', message: expect.stringContaining(words) })
    const contract = await using(name, (network) => network.inspect())
    expect(codesOf(contract)).toEqual(['no-image-input'])
    expect(contract.inputs[0]?.role.source).toBe('graph')
  })

  test('two photos: the other one is named, and may be given', async () => {
    const missing = await refusal(() => explained('siamese.onnx'))
    expect(missing).toMatchObject({ code: 'shape-mismatch', message: expect.stringContaining('right [1, 3, 64, 64]') })
    const why = await using('siamese.onnx', (network) => network.explain(wide, { inputs: { right: at('s64.png') } }))
    expect(codesOf(why)).toContain('image-input-assumed')
    // the same scene: nearly alike
    expect(why.logit).toBeGreaterThan(0.99)
  })

  test('float64', async () => {
    const double: ModelSpec = {
      ...{ inputs: { x: [1, 3, 8, 8] }, outputs: { y: [1, 2] }, type: 'float64' },
      weights: { w: { type: 'float64', dims: [2, 3, 1, 1], data: Float64Array.from([1, 0, 0, 0, 1, 0]) } },
      nodes: [node('Conv', ['x', 'w'], 'c'), node('Relu', ['c'], 'f'), node('GlobalAveragePool', ['f'], 'p'), node('Flatten', ['p'], 'y')],
    }
    const network = await load(buildModel(double), { threads: 1 })
    expect(codesOf(await network.explain(wide))).toContain('computed-in-float32')
    await network.close()
  })

  test('a gradient needs no photo', async () => {
    const flat: ModelSpec = {
      inputs: { x0: [1, 6] },
      outputs: { y: [1, 2] },
      weights: { w: numbers(1, [6, 2]) },
      nodes: [node('MatMul', ['x0', 'w'], 'y')],
    }
    const network = await load(buildModel(flat), { threads: 1 })
    const x0 = { type: 'float32', dims: [1, 6], data: new Float32Array(6) } as const
    const { data } = await network.gradient({ of: 'y', index: 1, wrt: 'x0', inputs: { x0 } })
    // dy[1]/dx: the second column
    expect(Array.from(data as Float32Array)).toEqual(
      Array.from({ length: 6 }, (_, i) => (numbers(1, [6, 2]).data as Float32Array)[2 * i + 1]),
    )
    await network.close()
  })
})

describeShared('files', 'cases', () => {
  test('a folder with one model of another name', async () => {
    expect((await explained('quantonly', 0)).logit).toBeCloseTo(1.375, 2)
  })

  test('custom operators are named', async () => {
    const error = await refusal(() => explained('customop.onnx'))
    expect(error).toMatchObject({ code: 'unsupported-operator', message: expect.stringContaining('DecodeImage of ai.onnx.contrib') })
    expect(error.hint).toContain('cut it off')
  })

  const folder = mkdtempSync(join(tmpdir(), 'gradcam-formats-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from([...values, ...new Array<number>(64).fill(0)])
  const ascii = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0))
  test.each([
    ['net.h5', bytes(0x89, ...ascii('HDF\r\n\x1a\n')), /Keras|HDF5/, /tf2onnx|export/],
    ['net.tflite', bytes(0x1c, 0, 0, 0, ...ascii('TFL3')), /TensorFlow Lite/, /tf2onnx/],
    ['net.pt', bytes(...ascii('PK\x03\x04')), /PyTorch/, /torch\.onnx\.export/],
    ['net.onnx.gz', bytes(0x1f, 0x8b, 8), /gzip|compressed/, /gunzip|unpack/],
  ])('%s is named for what it is', async (name, data, message, hint) => {
    const file = join(folder, name)
    writeFileSync(file, data)
    const error = await refusal(() => load(file))
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  const { buffer, byteOffset, byteLength } = readFileSync(wide)
  const data = new Uint8Array(buffer, byteOffset, byteLength)
  test.each([
    ['bytes', data],
    ['an ArrayBuffer', data.slice().buffer],
    ['a Blob', new Blob([data.slice()])],
    ['a File', new File([data.slice()], 'wide.png')],
    ['a file URL', pathToFileURL(wide)],
    ['its text', pathToFileURL(wide).href],
  ])('a photo as %s', async (_, photo) => {
    const [best] = await using('plain', (network) => network.predict(photo))
    expect(best).toMatchObject({ label: 'red', score: expect.closeTo(0.4272, 3) })
  })

  test('ImageData, and what is no photo', async () => {
    await using('plain', async (network) => {
      const image = { width: 2, height: 2, data: new Uint8ClampedArray(16).fill(255), colorSpace: 'srgb' }
      expect(await network.predict(image as never)).toHaveLength(3)
      for (const photo of ['https://example.com/a.png', new URL('https://example.com/a.png')])
        expect(await refusal(() => network.predict(photo))).toMatchObject({
          code: 'bad-option',
          message: expect.stringContaining('URLs are not fetched'),
        })
      for (const photo of [3, null, {}, []])
        expect(await refusal(() => network.predict(photo as never))).toMatchObject({ code: 'bad-option' })
    })
  })

  test('a grey photo: the words of methods that sample', async () => {
    const network = await load(at('plain'), { threads: 1 })
    for (const method of ['occlusion', 'lime', 'kernel-shap']) {
      const why = await network.explain(at('plain-grey.png'), { method, ...(method === 'occlusion' ? {} : { options: { samples: 256 } }) })
      const zero = why.warnings.filter(({ code }) => code === 'map-zero')
      for (const { message } of zero) expect(message).toMatch(/no sample changed the score/)
      expect(why.warnings.some(({ message }) => message.includes('gradient does not reach'))).toBe(false)
    }
    await network.close()
  })

  test('a model of its sub-folder', async () => {
    const own = join(folder, 'net')
    mkdirSync(join(own, 'onnx'), { recursive: true })
    copyFileSync(at('plain', 'model.onnx'), join(own, 'onnx', 'model.onnx'))
    copyFileSync(at('plain', 'config.json'), join(own, 'config.json'))
    copyFileSync(at('plain', 'preprocessor_config.json'), join(own, 'preprocessor_config.json'))
    for (const source of [own, join(own, 'onnx'), join(own, 'onnx', 'model.onnx')]) {
      const network = await load(source, { threads: 1 })
      expect(network.model.labels).toEqual(['red', 'green', 'blue'])
      expect((await network.inspect()).warnings).toEqual([])
      await network.close()
    }
  })
})

describe('all that can be opened can be looked at', () => {
  describeShared('layers and inspect, wherever a photo is explained', 'cases', () => {
    test.each([
      'f255.onnx',
      'nas',
      'anchors',
      'yolo',
      'oldyolos',
      'percent',
      'soft0',
      'seg-nhwc',
      'seg-depth',
      'e2e3',
      'o11c',
      'truth/sorted_boxes.onnx',
    ])('%s', async (name) => {
      await using(name, async (network) => {
        const contract = await network.inspect({ probe: true })
        expect(JSON.parse(JSON.stringify(contract))).toEqual(contract)
        const { feature, reduction } = await network.layers()
        expect([feature.name, reduction.name].every(Boolean)).toBe(true)
      })
    })
  })
})
