/** @file What a person gives as a photo, to pixels or a preprocessed tensor: the formats of photos and no others. */
import { GradcamError } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Host, PhotoFormat } from '../host.ts'
import { tensorReader } from '../io/tensor-file.ts'
import { toRgb } from './convert.ts'

/** A `Blob`, a `File`, a `Response`: bytes that are asked for. */
export interface BytesSource {
  readonly name?: string
  arrayBuffer(): Promise<ArrayBuffer>
}

/**
 * A photo: a path or, in a browser, a URL (an image, or a preprocessed `.npy` or `.pb` tensor), the bytes of an image, pixels, or a
 * preprocessed tensor of shape [N, C, H, W] or [N, H, W, C].
 */
export type PhotoSource = string | Uint8Array | BytesSource | Pixels | Tensor

type Reader = Pick<Host, 'read' | 'decode'>

const usualMaxPixels = 100_000_000
const maxBytes = 1 << 29
const formats = 'PNG, JPEG, WebP, GIF, TIFF and AVIF'
const heifBrands = /^(avif|avis|mif1|msf1|heic|heix|heim|heis|hevc|hevx)$/

/** The error of a photo that cannot be read. */
export const unreadable = (message: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('image-unreadable', message, cause === undefined ? { hint } : { hint, cause })

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))

/**
 * The format by its first bytes. A decoder would hand SVG, which may refer to other files, and whatever else it was built with to their
 * loaders; nothing gets there that is not listed here.
 */
function formatOf(bytes: Uint8Array): PhotoFormat | undefined {
  const start = ascii(bytes, 0, 12)
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (start.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp'
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return 'tiff'
  if (start.slice(4, 8) === 'ftyp' && heifBrands.test(start.slice(8, 12))) return 'heif'
  return undefined
}

/** What a refused file seems to be, for the message. */
function guess(bytes: Uint8Array): string {
  const text = ascii(bytes, 0, 512)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase()
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) return 'a web page'
  if (text.includes('<svg')) return 'an SVG drawing'
  if (text.startsWith('%pdf')) return 'a PDF document'
  if (text.startsWith('version https://git-lfs')) return 'a Git LFS pointer, not the file itself'
  if (text.startsWith('bm')) return 'a BMP image'
  return 'not an image of a known format'
}

/** Refuses a file by its size. Hosts call it before and after they read. */
export function checkByteCount(name: string, size: number, maxBytes: number): void {
  if (size <= maxBytes) return
  throw new GradcamError('image-too-large', `${name} has ${size} bytes`, { hint: `give a file of at most ${maxBytes} bytes` })
}

/** Refuses a photo by its size. Hosts call it as soon as they know width and height, if possible before they decode. */
export function checkPixelCount(name: string, width: number, height: number, maxPixels: number): void {
  if (width * height <= maxPixels) return
  throw new GradcamError('image-too-large', `${name} has ${width}×${height} pixels, more than ${maxPixels}`, {
    hint: 'make it smaller, or raise the limit `maxPixels`',
  })
}

/** The bytes of an image file as RGB pixels; transparency is composed on white. */
export async function decodeImage(host: Pick<Host, 'decode'>, bytes: Uint8Array, name: string, maxPixels?: number): Promise<Pixels> {
  if (bytes.length === 0) throw unreadable(`${name} is empty`, 'fetch the file again')
  const format = formatOf(bytes)
  if (!format) throw unreadable(`${name} is ${guess(bytes)}`, `${formats} can be read`)
  return toRgb(await host.decode(bytes, { format, name, maxPixels: maxPixels ?? usualMaxPixels }))
}

/** Bytes with a name for messages. */
async function bytesOf(host: Reader, source: string | Uint8Array | BytesSource): Promise<{ bytes: Uint8Array; name: string }> {
  if (typeof source === 'string') return { bytes: await host.read(source, maxBytes), name: source }
  if (source instanceof Uint8Array) return { bytes: source, name: 'the photo' }
  return { bytes: new Uint8Array(await source.arrayBuffer()), name: source.name ?? 'the photo' }
}

/** A photo's RGB pixels. */
export async function readImage(host: Reader, source: string | Uint8Array | BytesSource, maxPixels?: number): Promise<Pixels> {
  const { bytes, name } = await bytesOf(host, source)
  return decodeImage(host, bytes, name, maxPixels)
}

/** A photo's RGB pixels, or the tensor that was given instead. */
export async function readPhoto(host: Reader, source: PhotoSource, maxPixels?: number): Promise<Pixels | Tensor> {
  if (typeof source === 'object' && ('dims' in source || 'channels' in source)) return source
  const { bytes, name } = await bytesOf(host, source)
  return tensorReader(name)?.(bytes) ?? decodeImage(host, bytes, name, maxPixels)
}
