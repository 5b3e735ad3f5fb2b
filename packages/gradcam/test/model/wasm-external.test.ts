/** @file WebAssembly finds no files: weights beside the model are read for it, and the map is that of the native engine. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { filesFor } from '../network/files.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-wasm-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a model with external data by `engine: wasm`', async () => {
  const at = (file: string): string => join(folder, file)
  for (const [file, data] of Object.entries(await filesFor(at))) {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), data)
  }
  const [wasm, native] = await Promise.all([load(at('external'), { engine: 'wasm' }), load(at('external'), { engine: 'native' })])
  const [there, here] = await Promise.all([wasm, native].map((network) => network.explain(at('image.npy'), { target: 1 })))
  expect(there?.provenance.versions['runtime']).toContain('wasm')
  const far = (there?.map.data ?? new Float32Array()).map((value, i) => Math.abs(value - (here?.map.data[i] ?? Number.NaN)))
  expect(Math.max(...far)).toBeLessThan(1e-5)
  await wasm.close()
  await native.close()
})
