/** @file Deep photos: 12 bits in a PNG or TIFF of 16, fractions, Hounsfield units; said where bytes show nothing of them, and windowed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, crc32 } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { type LoadOptions, load } from '../../src/node/index.ts'
import { float32 } from '../../src/core/tensor.ts'
import { buildModel, node } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-window-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Four grey levels in a row, as an uncompressed TIFF. */
function tiff(levels: Uint16Array | Float32Array): Uint8Array {
  const bytes = new Uint8Array(levels.buffer)
  const bits = 8 * levels.BYTES_PER_ELEMENT
  // width, height, bits, no compression, black is 0, offset of the data, samples, rows, length of the data, whole numbers or floats
  const tags = [
    [256, levels.length],
    [257, 1],
    [258, bits],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, 1],
    [279, bytes.length],
    [339, bits === 32 ? 3 : 1],
  ] as const
  const start = 8 + bytes.length
  const out = new DataView(new ArrayBuffer(start + 2 + 12 * tags.length + 4))
  new Uint8Array(out.buffer).set([0x49, 0x49, 42, 0])
  out.setUint32(4, start, true)
  new Uint8Array(out.buffer).set(bytes, 8)
  out.setUint16(start, tags.length, true)
  for (const [i, [tag, value]] of tags.entries()) {
    const at = start + 2 + 12 * i
    out.setUint16(at, tag, true)
    out.setUint16(at + 2, 4, true)
    out.setUint32(at + 4, 1, true)
    out.setUint32(at + 8, value, true)
  }
  return new Uint8Array(out.buffer)
}

/** The same as a PNG of 16 bits. */
function png(levels: Uint16Array): Uint8Array {
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const header = Buffer.from([0, 0, 0, levels.length, 0, 0, 0, 1, 16, 0, 0, 0, 0])
  const row = Buffer.from([0, ...Array.from(levels).flatMap((level) => [level >> 8, level & 255])])
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(row)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const model = join(folder, 'model.onnx')
writeFileSync(
  model,
  buildModel({
    inputs: { x: [1, 1, 1, 4] },
    outputs: { y: [1, 2] },
    weights: { w: float32([1, 2, 3, 4, -1, -2, -3, -4], [4, 2]) },
    nodes: [node('Flatten', ['x'], 'flat'), node('MatMul', ['flat', 'w'], 'y')],
  }),
)
const bare: LoadOptions = { threads: 1, preprocessing: 'none', resize: 'none' }

/** The levels that the network gets, and the warnings of the photo. */
async function seen(photo: Uint8Array, options: LoadOptions = {}): Promise<{ levels: number[]; said: string[] }> {
  const network = await load(model, { ...bare, ...options })
  try {
    const why = await network.explain(photo, { method: 'input-x-gradient', target: 0, normalize: 'none' })
    const said = why.warnings.filter(({ code }) => code === 'photo-levels').map(({ message }) => message)
    const pixels = why.photo
    return { levels: Array.from({ length: 4 }, (_, i) => pixels?.data[i * (pixels?.channels ?? 1)] as number), said }
  } finally {
    await network.close()
  }
}

const twelve = Uint16Array.of(0, 1024, 2048, 4095)

describe('12 bits of 16', () => {
  test.each([
    ['TIFF', tiff(twelve)],
    ['PNG', png(twelve)],
  ])('%s', async (_, photo) => {
    // without their low byte
    expect(await seen(photo)).toEqual({ levels: [0, 4, 8, 15], said: [expect.stringMatching(/0 … 4095, 6\.2 % of what 16 bits hold/)] })
    // 255 · 1024 / 4095 = 63.8
    expect(await seen(photo, { window: [0, 4095] })).toEqual({ levels: [0, 64, 128, 255], said: [] })
    expect(await seen(photo, { window: 'auto' })).toEqual({ levels: [0, 64, 128, 255], said: [] })
    // what lies outside is cut off
    expect(await seen(photo, { window: [1024, 2048] })).toEqual({ levels: [0, 0, 255, 255], said: [] })
  })

  test('all of the 16 bits need no word', async () => {
    expect(await seen(tiff(Uint16Array.of(0, 20_000, 40_000, 65_535)))).toEqual({ levels: [0, 78, 156, 255], said: [] })
  })
})

describe('floats', () => {
  test('fractions', async () => {
    const photo = tiff(Float32Array.of(0, 0.25, 0.5, 1))
    expect((await seen(photo)).said).toEqual([expect.stringMatching(/0 … 1, and photos are made of 0 … 255/)])
    expect(await seen(photo, { window: [0, 1] })).toEqual({ levels: [0, 64, 128, 255], said: [] })
  })

  test('Hounsfield units: a lung window', async () => {
    const photo = tiff(Float32Array.of(-1000, -600, 150, 3000))
    expect((await seen(photo)).said).toHaveLength(1)
    // level −600, width 1500
    expect(await seen(photo, { window: [-1350, 150] })).toEqual({ levels: [60, 128, 255, 255], said: [] })
  })

  test('NaN is black', async () => {
    expect((await seen(tiff(Float32Array.of(0, Number.NaN, 0.5, 1)), { window: 'auto' })).levels).toEqual([0, 0, 128, 255])
  })
})

test('bytes have a window, too', async () => {
  const photo = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 2, 4, 8) } as const
  const network = await load(model, { ...bare, window: [0, 8] })
  const why = await network.explain(photo, { method: 'saliency', target: 0 })
  expect(Array.from(why.photo?.data ?? [])).toEqual([0, 64, 128, 255])
  await network.close()
})

test('kept in gradcam.json, shown by inspect, and done again by replay', async () => {
  const network = await load(model, { ...bare, window: [0, 4095] })
  const file = await network.saveSettings()
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ window: [0, 4095] })
  const why = await network.explain(tiff(twelve), { method: 'saliency', target: 0 })
  await network.close()
  const again = await load(model, { threads: 1 })
  expect((await again.inspect()).preparation?.window).toEqual({ value: [0, 4095], source: 'stated', from: 'gradcam.json' })
  expect(Array.from((await again.explain(tiff(twelve), { method: 'saliency', target: 0 })).photo?.data ?? []).slice(0, 4)).toEqual([
    0, 0, 0, 64,
  ])
  await again.close()
  rmSync(file)
  const other = await load(model, { ...bare, window: 'auto' })
  expect((await other.replay(JSON.parse(JSON.stringify(why.toJSON())), tiff(Uint16Array.of(0, 1024, 2048, 4095)))).identical).toBe(true)
  await other.close()
})

test.each([[[3, 3]], [[5, 1]], [[0]], ['all'], [[0, Number.NaN]]])('no window: %j', async (window) => {
  const error = await refusal(async () => {
    const network = await load(model, { ...bare, window: window as never })
    try {
      await network.predict(tiff(twelve))
    } finally {
      await network.close()
    }
  })
  expect(error).toMatchObject({ code: 'bad-option', hint: expect.stringContaining("'auto'") })
})
