/** @file Files as they come: folders of phones and systems, pipes, names as people write them; labels by a flag. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { writeNpy } from 'gradcam'
import { encodeImage, readImage } from 'gradcam/node'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildModel } from '../../gradcam/test/support/build.ts'
import { headed, images } from '../../gradcam/test/support/small-nets.ts'
import { finished, type Result, start, workplace } from './command.ts'

const { folder, path, run } = workplace()
const explain = (...args: string[]): Promise<Result> => run('explain', '-m', 'net.onnx', '--preprocessing', 'none', ...args)

/** 16×16, one colour, by pillow-heif. */
const heic =
  'AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAACYAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAALm1kYXQAAAAiKAGvBBITTOD46cJoP9hl+B5V/u8n7asr40mfd7EYkqn/oA=='

/** 24 bits a pixel, rows from below. */
function bmpOf(width: number, height: number): Buffer {
  const row = Math.ceil((3 * width) / 4) * 4
  const bytes = Buffer.alloc(54 + row * height, 90)
  bytes.write('BM', 0, 'latin1')
  for (const [at, value] of [
    [2, bytes.length],
    [6, 0],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
    [30, 0],
    [34, 0],
    [38, 0],
    [42, 0],
    [46, 0],
    [50, 0],
  ] as const)
    bytes.writeInt32LE(value, at)
  bytes.writeInt16LE(1, 26)
  bytes.writeInt16LE(24, 28)
  return bytes
}

beforeAll(async () => {
  writeFileSync(path('net.onnx'), buildModel(headed()))
  writeFileSync(path('x.npy'), writeNpy(images(1)))
  const photo = await readImage(path('coffee.png'))
  const jpeg = await encodeImage(photo, 'jpeg')
  mkdirSync(path('phone', 'inner'), { recursive: true })
  for (const name of ['a.jfif', 'b.JPE', '.hidden.jpg']) writeFileSync(path('phone', name), jpeg)
  writeFileSync(path('phone', 'c.bmp'), bmpOf(20, 10))
  writeFileSync(path('phone', 'd.heic'), Buffer.from(heic, 'base64'))
  for (const name of ['._a.jfif', '.DS_Store', 'Thumbs.db', 'desktop.ini', 'notes.txt', 'README', 'clip.mp4'])
    writeFileSync(path('phone', name), 'x')
})

describe('a folder', () => {
  test('of a phone: photos are taken, all else is said with its reason, and fails nothing', async () => {
    const { code, stdout, stderr } = await explain('phone', '-o', 'why')
    expect({ code, figures: readdirSync(path('why')) }).toEqual({ code: 0, figures: ['a.gradcam.png', 'b.gradcam.png', 'c.gradcam.png'] })
    expect(stdout.trim().split('\n')).toHaveLength(3)
    const [skipped] = stderr.split('\n')
    expect(skipped).toBe(
      "skipped: systems' own files (.DS_Store, Thumbs.db, desktop.ini), macOS's notes on other files (._a.jfif), hidden (.hidden.jpg), no photos: without an ending (README), no photos: .mp4 (clip.mp4), folders inside, which are not searched (inner), no photos: .txt (notes.txt)",
    )
    expect(stderr).toMatch(/d\.heic is an HEIC photo.*\n {2}hint: save it as JPEG/)
    expect(stderr).toMatch(/\n3 explained, 10 skipped\n$/)
  })

  test('the same by a glob, and by the shell', async () => {
    expect((await explain('phone/*.{jfif,bmp,txt}', '-o', 'glob/')).stderr).toBe(
      'skipped: no photos: .txt (notes.txt)\n2 explained, 1 skipped\n',
    )
    const listed = await explain('phone/a.jfif', 'phone/._a.jfif', 'phone/Thumbs.db', '-o', 'shell/')
    expect([listed.code, listed.stderr]).toEqual([0, expect.stringMatching(/\n1 explained, 2 skipped\n$/)])
  })

  test('what is named by itself is tried, and fails', async () => {
    const notes = await explain('phone/._a.jfif')
    expect([notes.code, notes.stderr]).toEqual([1, expect.stringContaining('_a.jfif is not an image')])
    const photo = await explain('phone/d.heic')
    expect([photo.code, photo.stderr]).toEqual([1, expect.stringMatching(/HEIC[^]*heif-convert/)])
  })

  test('nothing but other files', async () => {
    mkdirSync(path('documents'))
    writeFileSync(path('documents', 'a.pdf'), '')
    expect((await explain('documents')).stderr).toMatch(/no photos in the folder documents, only no photos: \.pdf \(a\.pdf\)/)
  })
})

describe('a pipe', () => {
  const piped = async (data: Uint8Array, ...args: string[]): Promise<Result> => {
    const child = start(args, folder, 'pipe')
    child.stdin?.end(data)
    return finished(child)
  }

  test('a photo', async () => {
    const bytes = readFileSync(path('coffee.png'))
    const { code, stdout } = await piped(bytes, 'explain', '-', '-m', 'net.onnx', '--json', 'piped.json', '-o', './')
    expect(code).toBe(0)
    expect(readdirSync(folder)).toContain('stdin.gradcam.png')
    expect(stdout).toContain('class ')
    const { stdout: predicted } = await piped(bytes, 'predict', '-', '-m', 'net.onnx')
    expect(predicted).toBe((await run('predict', 'coffee.png', '-m', 'net.onnx')).stdout)
  })

  test('a tensor, and no photo at all', async () => {
    const given = await piped(readFileSync(path('x.npy')), 'explain', '-', '-m', 'net.onnx', '-o', 'tensor.png')
    expect(given.code).toBe(0)
    const empty = await piped(new Uint8Array(), 'explain', '-', '-m', 'net.onnx')
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('stdin is empty')])
  })
})

describe('names', () => {
  test('file: addresses are read, others are not fetched', async () => {
    expect((await explain(pathToFileURL(path('coffee.png')).href, '-o', 'url.png')).code).toBe(0)
    const elsewhere = await explain('https://example.org/a.png')
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringMatching(/URLs are not fetched[^]*download it/)])
    const both = await explain('https://example.org/a.png', 'coffee.png', '-o', 'both/')
    expect([both.code, both.stderr]).toEqual([1, expect.stringMatching(/\n1 explained, 1 failed\n$/)])
  })

  test('~/ in quotes is the home folder', async () => {
    const { code, stderr } = await explain('~/no-such-photo.png')
    expect([code, stderr]).toEqual([1, expect.not.stringContaining('~/no-such')])
  })

  test('--targets compares paths', async () => {
    writeFileSync(path('targets.json'), JSON.stringify({ './coffee.png': 3, [path('phone', 'a.jfif')]: 2 }))
    const { stdout } = await explain('coffee.png', 'phone/a.jfif', '--targets', 'targets.json', '-o', 'targets/')
    expect(stdout).toMatch(/coffee\.png: class 3 [^]*a\.jfif: class 2 /)
    writeFileSync(path('twice.json'), JSON.stringify({ './coffee.png': 3, 'coffee.png': 2 }))
    expect((await explain('coffee.png', '--targets', 'twice.json')).stderr).toContain('names one photo twice: ./coffee.png and coffee.png')
  })
})

describe('--labels', () => {
  test('a file with a mark, and labels that are digits', async () => {
    writeFileSync(path('years.txt'), '\uFEFF1990\r\n1991\r\n3\r\n1993\r\n1994\r\n')
    expect((await explain('coffee.png', '--labels', 'years.txt', '-t', '3', '-o', 'y.png')).stdout).toMatch(/^1993 /)
    expect((await explain('coffee.png', '--labels', 'years.txt', '-t', 'label:3', '-o', 'y.png')).stdout).toMatch(/^3 /)
    expect((await run('predict', 'coffee.png', '-m', 'net.onnx', '--labels', 'years.txt')).stdout).toContain('1990')
  })

  test('imagenet: as many as there are is said where they do not fit', async () => {
    const { code, stdout, stderr } = await explain('coffee.png', '--labels', 'imagenet', '-t', '0', '-o', 'i.png')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^class 0 /)])
    expect(stderr).toContain('--labels has 1000 labels, the reduction layer has 5 channels')
    expect((await run('explain', 'coffee.png', '--labels', 'imagenet', '-t', 'espresso', '-o', 'i.png')).stdout).toMatch(/^espresso /)
  })

  test.each([
    ['absent.txt', /cannot read absent\.txt/],
    ['phone', /phone is a folder/],
    ['net.onnx', /net\.onnx is no text/],
  ])('%s is refused', async (file, says) => {
    const { code, stderr } = await explain('coffee.png', '--labels', file)
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)])
  })

  test('files beside the model, which may contradict each other', async () => {
    mkdirSync(path('beside'))
    writeFileSync(path('beside', 'model.onnx'), buildModel(headed()))
    writeFileSync(path('beside', 'labels.txt'), 'a\nb\nc\nd\ne\n')
    writeFileSync(path('beside', 'classes.txt'), 'a\nb\nX\nd\ne\n')
    const { stdout, stderr } = await run('explain', 'coffee.png', '-m', 'beside', '-t', 'b', '-o', 'b.png')
    expect(stdout).toMatch(/^b /)
    expect(stderr).toContain('labels.txt and classes.txt disagree about 1 of 5 classes: class 2 is "c" and "X"')
    expect((await run('layers', '-m', 'beside')).stderr).toContain('labels.txt and classes.txt disagree')
  })
})
