/** @file What a device lacks is told before a model is loaded: a build of ONNX Runtime that fails as the real ones do. */
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { GradcamError } from '../core/errors.ts'
import { deviceRuntime, type NativeModule } from './device.ts'

/** A build with these backends, whose sessions fail. */
const failing = (names: readonly string[], message: string): NativeModule => ({
  ...{ Tensor: ort.Tensor, env: ort.env },
  listSupportedBackends: () => names.map((name) => ({ name, bundled: true })),
  InferenceSession: { create: () => Promise.reject(new Error(message)) },
})

test.each([
  [
    'webgpu',
    '/src/webgpu_context.cc:136 Initialize(const Config&) status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n',
    '`device` webgpu cannot be used here: Failed to get a WebGPU adapter: No supported adapters',
    /driver for Vulkan.*VK_ICD_FILENAMES.*Without `device` the CPU/,
  ],
  [
    'cuda',
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    '`device` cuda cannot be used here: OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    /CUDA 12.*npm install onnxruntime-node --onnxruntime-node-install=cuda12.*Without `device` the CPU/,
  ],
] as const)('%s', async (device, said, message, hint) => {
  const level = ort.env.logLevel
  const error = await deviceRuntime(failing(['cpu', 'webgpu', 'cuda', 'tensorrt'], said), device, 1).catch((each: unknown) => each)
  expect(error).toBeInstanceOf(GradcamError)
  expect(error).toMatchObject({ code: 'bad-option', message, hint: expect.stringMatching(hint), data: { option: 'device', value: device } })
  expect(ort.env.logLevel).toBe(level)
})

test('a build without it says which it is, and what it has', async () => {
  const error = deviceRuntime(failing(['cpu', 'dml', 'webgpu'], ''), 'coreml', undefined)
  await expect(error).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringMatching(/^`device` coreml is not in this build, onnxruntime-node \d+\.\d+\.\d+ for \w+-\w+$/),
    hint: 'this build has cpu, webgpu, dml',
  })
})
