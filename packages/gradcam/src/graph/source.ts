/** @file What a person gives as a model: a name, or bytes; anything else is refused by what it is. */
import { type Bytes, bytesOf, isBytes, kindOfValue } from '../core/bytes.ts'
import { badOption } from '../core/errors.ts'

/**
 * A model: a folder in the Hugging Face layout (`onnx/model.onnx`, `config.json`, `preprocessor_config.json`), an `.onnx` file, its
 * bytes, in a `Uint8Array`, `ArrayBuffer`, `Blob` or `File`. Folders and files are paths, as text or as a `file:` URL; in a browser they are
 * URLs.
 */
export type ModelSource = string | URL | Bytes

/**
 * A name, or bytes.
 *
 * @throws GradcamError `bad-option` for anything that is no model
 */
export async function modelGiven(source: unknown): Promise<string | Uint8Array> {
  if (typeof source === 'string') return source
  if (source instanceof URL) return source.href
  if (isBytes(source)) return bytesOf(source)
  throw badOption(
    `the model is ${kindOfValue(source)}`,
    'give a path, a URL, or the bytes of an .onnx file (Uint8Array, ArrayBuffer, Blob, File)',
  )
}
