/** @file A host of one's own is one object: here files are in memory, and codecs, letters and engines are Node's. */
import { expect, test } from 'vitest'
import { createGradcam, GradcamError, type Host } from '../../src/index.ts'
import { encodeImage, nodeHost } from '../../src/node/index.ts'
import { buildModel } from '../support/build.ts'
import { refusal } from '../support/refusal.ts'
import { headed } from '../support/small-nets.ts'

function memoryHost(files: Map<string, Uint8Array | string>): Host {
  const { decode, encode, font, runtime } = nodeHost
  const found = (name: string, code: 'model-missing' | 'image-missing'): Uint8Array => {
    const data = files.get(name)
    if (data === undefined) throw new GradcamError(code, `no such file: ${name}`, { hint: `there are ${[...files.keys()].join(', ')}` })
    return typeof data === 'string' ? new TextEncoder().encode(data) : data
  }
  return {
    ...{ decode, encode, font, runtime },
    async readModel(name) {
      const config = files.get(`${name}.json`)
      return {
        ...{ name, file: name, bytes: found(name, 'model-missing'), external: async () => [] },
        settings: new Map(typeof config === 'string' ? [['config.json', { name: `${name}.json`, text: config }]] : []),
      }
    },
    read: async (name) => found(name, 'image-missing'),
    async write(name, data) {
      files.set(name, data)
    },
  }
}

test('photo in, figure and report out, all in memory', async () => {
  const photo = { width: 12, height: 9, channels: 3 as const, data: Uint8Array.from({ length: 324 }, (_, i) => (i * 37) % 256) }
  const files = new Map<string, Uint8Array | string>([
    ['net', buildModel(headed())],
    ['net.json', JSON.stringify({ id2label: ['dog', 'cat', 'cup', 'fox', 'owl'] })],
    ['photo', await encodeImage(photo, 'png')],
  ])
  const { load, reportOf, readImage } = createGradcam(memoryHost(files))
  const network = await load('net', { threads: 1 })
  const why = await network.explain('photo', { target: 'fox' })
  expect([why.label, why.map.width, why.photo?.width]).toEqual(['fox', 8, 12])
  await why.overlay({ title: false, legend: false }).toFile('why.png')
  await reportOf([why]).toFile('why.html')
  // a photo so small is enlarged
  expect(await readImage('why.png')).toMatchObject({ width: 288, height: 216, channels: 3 })
  expect(files.get('why.html')).toMatch(/^<!doctype html>/)
  expect(await refusal(() => network.explain('other'))).toMatchObject({ code: 'image-missing' })
  expect(await refusal(() => load('other'))).toMatchObject({ code: 'model-missing' })
  await network.close()
})
