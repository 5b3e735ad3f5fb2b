/** @file Files beside a model that say no way from photo to input: photos are refused, and the user's own word is stronger. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { load } from '../../src/node/index.ts'
import { refusal } from '../support/refusal.ts'
import { headedBytes, images } from '../support/small-nets.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-refused-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const photo = { width: 9, height: 9, channels: 3 as const, data: new Uint8Array(243).fill(90) }

/** The network with such a configuration beside it. */
function beside(configuration: object): string {
  writeFileSync(join(folder, 'model.onnx'), headedBytes(1))
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(configuration))
  return folder
}

test('a class that makes patches: photos are refused, tensors and layers are not', async () => {
  const source = beside({ image_processor_type: 'Qwen2VLImageProcessor' })
  const network = await load(source, { threads: 1 })
  expect(await refusal(() => network.explain(photo))).toMatchObject({
    code: 'unsupported-model',
    message: 'Qwen2VLImageProcessor makes patches, not a picture',
  })
  expect((await network.explain(images(1))).map.width).toBe(8)
  expect((await network.layers()).feature.name).toBe('features')
  expect((await network.inspect()).warnings.map(({ code }) => code)).toContain('photos-refused')
  await network.close()
  const told = await load(source, { threads: 1, preprocessing: 'torchvision' })
  expect((await told.explain(photo)).provenance.knownFrom['values']?.source).toBe('given')
  await told.close()
})

test('a field that makes no sense is refused by its name, unless the user says all of it', async () => {
  const source = beside({ size: 'big' })
  expect((await refusal(() => load(source))).message).toMatch(/size is "big"/)
  const told = await load(source, { threads: 1, preprocessing: 'none' })
  expect((await told.predict(photo)).length).toBeGreaterThan(0)
  await told.close()
})
