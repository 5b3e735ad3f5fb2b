/** @file The port to the place where gradcam runs: files, image codecs, fonts, engines. `node/` and `web/` implement it, once each. */
import { GradcamError, type Warning } from './core/errors.ts'
import type { DecodedPixels, Pixels } from './core/pixels.ts'
import type { External } from './model/external.ts'
import type { Device, Runtime } from './runtime/runtime.ts'

/** `native`: onnxruntime-node, the fast one. `wasm`: onnxruntime-web, whose numbers are those of a browser to the last bit. */
export const engines = ['native', 'wasm'] as const
/** Name of an engine; docs/engines.md describes them. */
export type Engine = (typeof engines)[number]

/** Which engine runs a network, and with how many threads. */
export interface RuntimeOptions {
  /** Default: `native` in Node; a browser has its own alone. */
  engine?: Engine | undefined
  /** Where the native engine runs the network; what it computes is compared with the CPU first. Default: `cpu`. */
  device?: Device | undefined
  /** Threads inside one operator. Default: all cores in the native engine, one in WebAssembly. */
  threads?: number | undefined
  /**
   * Threads on which methods of many runs spread them; 0 and 1: none. The numbers are the same, however many there are. Default: as many
   * as cores or `threads`, and as memory has room for, in the native engine; none in WebAssembly.
   */
  workers?: number | undefined
  /** Whether single runs have a thread of their own, too: the one that asks goes on meanwhile. Default: false. */
  worker?: boolean | undefined
}

/** Formats that are decoded. `heif` is AVIF; HEIC photos are refused. */
export type PhotoFormat = 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff' | 'heif'

/** Formats that figures are encoded in. */
export type FigureFormat = 'png' | 'jpeg' | 'webp'

/** Writing systems that the typeface of the figures has. */
export type FontScript = 'latin' | 'latin-ext' | 'greek' | 'cyrillic' | 'vietnamese'
/** Weights of the typeface of the figures. */
export type FontWeight = 400 | 600

/** Size of the letters that `drawText` draws, in pixels. */
export const drawnSize = 96

/** A text file beside a model, with its name for messages. */
export interface TextFile {
  name: string
  text: string
}

/** What was found out of a model before, as text by keys. Nothing depends on it. */
export interface Facts {
  read(key: string): Promise<string | undefined>
  write(key: string, value: string): Promise<void>
  /** Notes that what is kept under a key cannot be read. */
  ignore(key: string, why: string): void
  /** What could not be read or written. */
  warnings(): readonly Warning[]
}

/** Those of one file. */
export interface FileFacts extends Facts {
  /** The digest of the file, which may be known from before. */
  digest(): Promise<string>
}

/** A model's file whose large weights were left in it. */
export interface LeftFile {
  /** SHA-256 of the file in lower-case hexadecimal digits. */
  digest(): Promise<string>
  read(): Promise<Uint8Array>
  /** Facts of this very file. */
  facts?: FileFacts | undefined
}

/** A model as it lies in its place. */
export interface ModelFiles {
  /** What the model is called: its folder, or its file without `.onnx`. */
  name: string
  /** Path or URL of the `.onnx` file. */
  file: string | undefined
  /** The whole file; or, with `left`, the file without its large weights, which are external data of the file itself. */
  bytes: Uint8Array
  left?: LeftFile
  /** Those of the `settingsFiles` that lie beside the model or one folder up, by name. */
  settings: ReadonlyMap<string, TextFile>
  /**
   * Text files of these names beside the model, as many as there are, in the order of the names; larger ones than `maxBytes` are left out.
   * Absent where a place cannot be asked for what lies there.
   */
  texts?(names: readonly string[], maxBytes: number): Promise<readonly TextFile[]>
  /**
   * The data files that the model names, relative to its own.
   *
   * @throws GradcamError `model-missing` where one is not there, `model-invalid` where one lies outside the model's folder
   */
  external(locations: readonly string[]): Promise<External>
}

/** Everything that differs between Node and a browser. A name is a path in Node and a URL in a browser. */
export interface Host {
  /**
   * Finds a model: a folder in the Hugging Face layout, or an `.onnx` file.
   *
   * @throws GradcamError `model-missing`, `model-unreadable`
   */
  readModel(name: string): Promise<ModelFiles>
  /**
   * The bytes of a photo, tensor, mask or description.
   *
   * @throws GradcamError `image-missing`, `image-unreadable`, and `image-too-large` for more than `maxBytes`
   */
  read(name: string, maxBytes: number): Promise<Uint8Array>
  /**
   * Pixels, 8 bits a channel: turned upright by the EXIF orientation, the first frame of an animation, 16-bit values without their low
   * byte, colour profiles of RGB and grey photos not applied; beside them the file's own levels, where a channel has more than 8 bits. Transparency may stay, as a fourth channel.
   *
   * @param about `format`: what the first bytes say; `name`: for messages
   * @throws GradcamError `image-unreadable` for damaged files, `image-too-large` for more than `maxPixels`
   */
  decode(bytes: Uint8Array, about: { format: PhotoFormat; name: string; maxPixels: number }): Promise<DecodedPixels>
  /** The bytes of an image file: PNG without loss, JPEG and WebP at about 0.9 of their best quality. */
  encode(pixels: Pixels, format: FigureFormat): Promise<Uint8Array>
  /** Inter, as TrueType, OpenType or WOFF 1. */
  font(script: FontScript, weight: FontWeight): Promise<Uint8Array>
  /**
   * A short text by whatever fonts the place has, for what Inter lacks: RGBA, black unless the letters have colours of their own, on nothing;
   * letters of `drawnSize` pixels, `2 * drawnSize` high, beginning at x = `drawnSize`, on the baseline y = `1.4 * drawnSize`. What no font has
   * is drawn as a box. Absent where there are no fonts: boxes then stand for all of it.
   */
  drawText?(text: string, weight: FontWeight): Promise<Pixels>
  /**
   * The engine for a model with this external data.
   *
   * @param bytes how large the model's own file is. Default: 0
   * @throws GradcamError `bad-option` for an engine or device that is not here, or has no room for the model, or for workers that cannot be had;
   *   `not-installed` where its package is missing
   */
  runtime(options: RuntimeOptions, external: External, bytes?: number): Promise<Runtime>
  /** SHA-256 in lower-case hexadecimal digits, without a copy of the bytes. Default: WebCrypto's. */
  sha256?(bytes: Uint8Array): Promise<string>
  /**
   * Writes a file, whole or not at all. Absent where there are no files.
   *
   * @throws GradcamError `cannot-write`
   */
  write?(name: string, data: Uint8Array | string): Promise<void>
}

/** Writes a file where the host has files. */
export async function writeWith({ write }: Pick<Host, 'write'>, name: string, data: Uint8Array | string): Promise<void> {
  if (!write) throw new GradcamError('cannot-write', `cannot write ${name}: a browser has no files`, { hint: 'use toBuffer or toHtml' })
  await write(name, data)
}
