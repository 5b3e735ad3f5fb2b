/** @file Packages that only some need: loaded when they are used first, and asked for by name where they are missing. */
import { GradcamError } from '../core/errors.ts'

/** Loads an optional package for `purpose`, or says what to install. */
async function needed<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  return load().catch((cause: unknown) => {
    throw new GradcamError('not-installed', `${purpose} needs the package ${name}, which is missing or does not load`, {
      hint: `npm install ${name}`,
      cause,
    })
  })
}

export const loadSharp = () => needed('sharp', 'reading and writing images', async () => (await import('sharp')).default)
export const loadNative = () => needed('onnxruntime-node', 'the engine native', () => import('onnxruntime-node'))
export const loadWasm = () => needed('onnxruntime-web', 'the engine wasm', () => import('onnxruntime-web'))
