/** @file What a person gives as a photo, to pixels or a preprocessed tensor: the formats of photos and no others. */
import { type Bytes, bytesOf } from '../core/bytes.ts'
import { badOption, GradcamError, type Warning } from '../core/errors.ts'
import type { DecodedPixels, Pixels } from '../core/pixels.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Host, PhotoFormat } from '../host.ts'
import { readNpy } from '../io/npy.ts'
import { tensorReader } from '../io/tensor-file.ts'
import type { LevelWindow } from '../model/level-window.ts'
import { narrowNotes, windowed } from './window.ts'
import { decodeBmp, isBmp } from './bmp.ts'
import { toRgb } from './convert.ts'
import { photoGiven, type PhotoSource } from './source.ts'

export type { BytesSource } from '../core/bytes.ts'
export type { PhotoSource } from './source.ts'

type Reader = Pick<Host, 'read' | 'decode'>

const usualMaxPixels = 100_000_000
const maxBytes = 1 << 29
const formats = 'PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF'
const heifBrands = /^(avif|avis|mif1|msf1|heic|heix|heim|heis|hevc|hevx)$/

/** The error of a photo that cannot be read. */
export const unreadable = (message: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('image-unreadable', message, cause === undefined ? { hint } : { hint, cause })

/** The error of an HEIC photo where no decoder of HEVC is. `data.unread` says in a word why a folder's photo is left out. */
export const heicUnread = (name: string, cause?: unknown): GradcamError =>
  new GradcamError('image-unreadable', `${name} is an HEIC photo, as iPhones take them; HEVC is patented, and nothing here decodes it`, {
    hint: 'save it as JPEG: heif-convert a.heic a.jpg, or on macOS sips -s format jpeg a.heic --out a.jpg',
    data: { unread: 'HEIC photos, which nothing here decodes' },
    ...(cause === undefined ? {} : { cause }),
  })

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
  if (ascii(bytes, 0, 4) === '\0\x05\x16\x07') return "macOS's notes on a photo (AppleDouble), not the photo itself"
  if (ascii(bytes, 0, 4) === '\xd0\xcf\x11\xe0') return "a system's own file, as Thumbs.db"
  if (ascii(bytes, 0, 12).endsWith('JXL ') || ascii(bytes, 0, 2) === '\xff\x0a') return 'a JPEG XL image'
  if (ascii(bytes, 4, 8) === 'ftyp') return 'a video, or a photo of a kind that is not read'
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

/** How a photo is read. */
export interface Reading {
  maxPixels?: number | undefined
  /** Which levels become black and white. Default: bytes as they are. */
  window?: LevelWindow | undefined
}

/** The bytes of an image file as RGB pixels; transparency is composed on white. */
export const decodeImage = async (host: Pick<Host, 'decode'>, bytes: Uint8Array, name: string, maxPixels?: number): Promise<Pixels> =>
  toRgb(await decoded(host, bytes, name, maxPixels))

/** The bytes of an image file, with its own levels where it has some. */
async function decoded(host: Pick<Host, 'decode'>, bytes: Uint8Array, name: string, maxPixels?: number): Promise<DecodedPixels> {
  if (bytes.length === 0) throw unreadable(`${name} is empty`, 'fetch the file again')
  if (isBmp(bytes)) {
    const check = (width: number, height: number): void => checkPixelCount(name, width, height, maxPixels ?? usualMaxPixels)
    return decodeBmp(bytes, check, (fault) => unreadable(`${name}, a BMP image, ${fault}`, 'save the photo again'))
  }
  const format = formatOf(bytes)
  if (!format) throw unreadable(`${name} is ${guess(bytes)}`, `${formats} can be read`)
  return host.decode(bytes, { format, name, maxPixels: maxPixels ?? usualMaxPixels })
}

/** Bytes with a name for messages. */
async function named(host: Reader, given: { name: string } | { bytes: Bytes }): Promise<{ bytes: Uint8Array; name: string }> {
  if ('name' in given) return { bytes: await host.read(given.name, maxBytes), name: given.name }
  const name = 'name' in given.bytes && given.bytes.name ? given.bytes.name : 'the photo'
  const bytes = await bytesOf(given.bytes)
  checkByteCount(name, bytes.length, maxBytes)
  return { bytes, name }
}

/** A photo's RGB pixels. */
export async function readImage(host: Reader, source: string | URL | Bytes, maxPixels?: number): Promise<Pixels> {
  const given = photoGiven(source)
  if ('pixels' in given) return toRgb(given.pixels)
  if ('tensor' in given) throw badOption('a tensor is no image', 'give a path, a URL, or the bytes of an image')
  const { bytes, name } = await named(host, given)
  return decodeImage(host, bytes, name, maxPixels)
}

/** A photo, with what is to be said of its levels; or the tensor that was given instead. */
export type ReadPhoto = { pixels: Pixels; warnings: readonly Warning[] } | { tensor: Tensor }

/** A photo's pixels, or the tensor that was given instead. */
export async function readPhoto(host: Reader, source: PhotoSource, { maxPixels, window }: Reading = {}): Promise<ReadPhoto> {
  const given = photoGiven(source)
  const seen = (pixels: DecodedPixels): ReadPhoto =>
    window ? { pixels: windowed(pixels, window), warnings: [] } : { pixels, warnings: narrowNotes(pixels) }
  if ('pixels' in given) return seen(given.pixels)
  if ('tensor' in given) return given
  const { bytes, name } = await named(host, given)
  const reader = tensorReader(name) ?? (isNpy(bytes) ? readNpy : undefined)
  if (reader) return { tensor: reader(bytes) }
  const pixels = await decoded(host, bytes, name, maxPixels)
  if (window && !pixels.deep && isDeepPng(bytes))
    throw badOption(`${name} has 16 bits a channel, and this place reads 8 of them`, 'leave `window` out, or explain the photo in Node')
  const { channels } = pixels
  const read = seen(pixels)
  return 'pixels' in read && channels !== 3 ? { ...read, pixels: toRgb(read.pixels) } : read
}

/** A PNG with 16 bits a channel: its header says so. */
const isDeepPng = (bytes: Uint8Array): boolean => ascii(bytes, 1, 4) === 'PNG' && bytes[24] === 16

const isNpy = (bytes: Uint8Array): boolean => ascii(bytes, 0, 6) === '\x93NUMPY'
