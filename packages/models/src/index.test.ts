/** @file The embedded network's folder is complete and consistent. */
import { readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { expect, test } from 'vitest'
import { embedded } from './index.ts'

const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(embedded.directory, name), 'utf8'))

test('the folder is absolute, and the URL points at the same place', async () => {
  expect(isAbsolute(embedded.directory)).toBe(true)
  expect(await readFile(new URL('README.md', embedded.url), 'utf8')).toContain(embedded.name)
})

test('the model is whole', async () => {
  expect((await stat(join(embedded.directory, 'onnx/model.onnx'))).size).toBe(4_814_028)
})

test('every class has a label', async () => {
  const config = (await json('config.json')) as { num_labels: number; id2label: Record<string, string> }
  expect(Object.keys(config.id2label)).toEqual(Array.from({ length: config.num_labels }, (_, i) => String(i)))
})

test('preprocessing is stated', async () => {
  expect(await json('preprocessor_config.json')).toMatchObject({ size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true })
})
