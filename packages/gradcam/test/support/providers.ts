/** @file The execution providers that tests run on: CPU and WebGPU of onnxruntime-node, WASM of onnxruntime-web. */
import { existsSync } from 'node:fs'
import * as ortNode from 'onnxruntime-node'
import { onnxRuntime } from '../../src/runtime/onnxruntime.ts'
import type { Provider, Runtime } from '../../src/runtime/runtime.ts'

/** The software adapter that comes with Debian's Chromium: WebGPU without a GPU. */
const softwareAdapter = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** Why a provider cannot run here, or undefined where it can. */
export function unavailable(provider: Provider): string | undefined {
  if (provider !== 'webgpu' || process.env['VK_ICD_FILENAMES'] || existsSync(softwareAdapter)) return undefined
  return `needs a Vulkan driver: install chromium, or set VK_ICD_FILENAMES`
}

/** Where no driver is named, that of Chromium. */
export function useSoftwareAdapter(): void {
  process.env['VK_ICD_FILENAMES'] ??= softwareAdapter
}

/** A runtime for tests; one thread, so that test files can run side by side. */
export async function runtimeFor(provider: Provider): Promise<Runtime> {
  if (provider === 'wasm') {
    const ort = await import('onnxruntime-web')
    ort.env.wasm.numThreads = 1
    return onnxRuntime(ort, { provider })
  }
  if (provider === 'webgpu') useSoftwareAdapter()
  return onnxRuntime(ortNode, { provider, threads: 1 })
}
