/** @file Tests of bmp.ts: every form of the format, its pixels by Pillow 12; cut-off, hostile and impossible files. */
import { expect, test } from 'vitest'
import { asRefusal, refusal } from '../../test/support/refusal.ts'
import { decodeImage } from './photo.ts'

const none = {
  decode: async (): Promise<never> => {
    throw new Error('no codec is asked')
  },
}
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (each) => Number.parseInt(each, 16))
const read = (bytes: Uint8Array, maxPixels?: number) => decodeImage(none, bytes, 'a.bmp', maxPixels)

/** Name, file, width, height, RGB. */
const files: [name: string, file: string, width: number, height: number, rgb: string][] = [
  [
    '16 bits, 5 5 5',
    '424d46000000000000003600000028000000030000000200000001001000000000001000000000000000000000000000000000000000ff7f1f00e0030000007c341221040000',
    3,
    2,
    'ff0000208ba4080808ffffff0000ff00ff00',
  ],
  [
    '16 bits, 5 6 5',
    '424d5200000000000000420000002800000003000000020000000100100003000000100000000000000000000000000000000000000000f80000e00700001f000000ffff1f00e007000000f8341241080000',
    3,
    2,
    'ff00001044a4080808ffffff0000ff00ff00',
  ],
  [
    '4 bits',
    '424d4e000000000000004600000028000000050000000200000001000400000000000800000000000000000000000400000000000000000000000000ff0000ff0000ff0000001230100033212000',
    5,
    2,
    '0000ff0000ff00ff00ff000000ff00ff000000ff000000ff000000ff0000',
  ],
  [
    '8 bits, run lengths',
    '424d5a000000000000004600000028000000050000000300000001000800010000000000000000000000000000000400000000000000000000000000ff0000ff0000ff0000000501000000030102030002020000010304010001',
    5,
    3,
    '0000ffff0000ff0000ff0000ff0000ff000000ff000000ff00ff0000ff00ff0000ff0000ff0000ff0000ff0000',
  ],
  [
    '4 bits, run lengths',
    '424d52000000000000004600000028000000050000000200000001000400020000000000000000000000000000000400000000000000000000000000ff0000ff0000ff000000051200000005123120000001',
    5,
    2,
    'ff000000ff000000ffff000000ff00ff000000ff00ff000000ff00ff0000',
  ],
  [
    'rows from the top',
    '424d4600000000000000360000002800000002000000feffffff0100180000000000100000000000000000000000000000000000000001020304050600000708090a0b0c0000',
    2,
    2,
    '0302010605040908070c0b0a',
  ],
  ['OS/2', '424d2a000000000000001a0000000c000000020002000100180001020304050600000708090a0b0c0000', 2, 2, '0908070c0b0a030201060504'],
]

test.each(files)('%s', async (_, file, width, height, rgb) => {
  expect(await read(bytesOf(file))).toEqual({ width, height, channels: 3, data: bytesOf(rgb) })
})

test('a step in run lengths leaves the first colour', async () => {
  // 4×2: one pixel of 1, a step to (3, 0), one of 2, then the next row: 4 × 3; rows come from below
  const data = [1, 1, 0, 2, 2, 0, 1, 2, 0, 0, 4, 3, 0, 1]
  const head = bytesOf(files.find(([name]) => name === '8 bits, run lengths')?.[1] ?? '').slice(0, 70)
  head.set([4, 0, 0, 0, 2, 0, 0, 0], 18)
  const { data: rgb } = await read(Uint8Array.from([...head, ...data]))
  const red = Array.from({ length: 8 }, (_, i) => [...rgb.slice(3 * i, 3 * i + 3)].join())
  expect(red).toEqual([...Array.from({ length: 4 }, () => '0,0,255'), '255,0,0', '0,0,0', '0,0,0', '0,255,0'])
})

test('every beginning of every file is refused in words', async () => {
  for (const [, file, width, height] of files) {
    const bytes = bytesOf(file)
    for (let length = 0; length < bytes.length; length++) {
      const cut = await read(bytes.subarray(0, length)).catch(asRefusal)
      // what ends in zeros that nobody reads may be whole
      if ('code' in cut) expect(cut.code).toBe('image-unreadable')
      else expect([cut.width, cut.height]).toEqual([width, height])
    }
  }
})

test('sizes are checked before anything is made of that size', async () => {
  const huge = bytesOf(files[0]?.[1] ?? '')
  huge.set([0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f], 18)
  expect((await refusal(() => read(huge))).code).toBe('image-too-large')
  huge.set([0, 0, 0, 0], 18)
  expect((await refusal(() => read(huge))).code).toBe('image-unreadable')
  expect((await refusal(() => read(bytesOf(files[0]?.[1] ?? ''), 5))).code).toBe('image-too-large')
})
