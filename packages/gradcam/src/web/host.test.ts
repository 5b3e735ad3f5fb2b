/** @file Devices of a browser: what it does not have is refused before a model is loaded. */
import * as ort from 'onnxruntime-common'
import { expect, test } from 'vitest'
import type { RuntimeOptions } from '../host.ts'
import { webHost } from './host.ts'

test.each<[RuntimeOptions, string, string]>([
  [{ device: 'cuda' }, 'a browser has no `device` cuda', 'a browser has cpu, webgpu'],
  [{ device: 'webgpu', engine: 'wasm' }, 'the engine wasm runs on the CPU alone, not on webgpu', 'leave `engine` out, or `device`'],
  [{ engine: 'native' }, 'a browser has no native engine', 'leave `engine` out, or take wasm'],
])('%j', async (options, message, hint) => {
  await expect(webHost({ ort }).runtime(options, [])).rejects.toMatchObject({ code: 'bad-option', message, hint })
})

test.each<[RuntimeOptions, string]>([
  [{}, 'webgpu'],
  [{ device: 'cpu' }, 'wasm'],
  [{ device: 'webgpu' }, 'webgpu'],
  [{ engine: 'wasm' }, 'wasm'],
])('on a page that takes webgpu, %j is by %s', async (options, provider) => {
  expect((await webHost({ ort, provider: 'webgpu' }).runtime(options, [])).provider).toBe(provider)
})
