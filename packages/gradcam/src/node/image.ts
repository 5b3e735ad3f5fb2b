/** @file Photos from files and pictures to files, through sharp: the formats of photos and no others. */
import { readFile, stat } from 'node:fs/promises'
import sharp, { type Metadata, type SharpOptions } from 'sharp'
import { GradcamError } from '../core/errors.ts'
import { toRgb } from '../image/convert.ts'
import type { Pixels } from '../core/pixels.ts'
import { withPngText } from '../image/png-text.ts'

const maxPixels = 100_000_000
const maxBytes = 1 << 29
const formats = 'PNG, JPEG, WebP, GIF, TIFF and AVIF'
const heifBrands = /^(avif|avis|mif1|msf1|heic|heix|heim|heis|hevc|hevx)$/

const unreadable = (message: string, hint: string, cause?: unknown): GradcamError =>
  new GradcamError('image-unreadable', message, cause === undefined ? { hint } : { hint, cause })

const ascii = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))

/**
 * The format by its first bytes. sharp would hand SVG, which may refer to other files, and whatever else its libvips was
 * built with to their loaders; nothing gets there that is not listed here.
 */
function formatOf(bytes: Uint8Array): string | undefined {
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
  if (text.startsWith('bm')) return 'a BMP picture'
  return 'not a picture of a known format'
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path)
    if (facts.isDirectory()) throw unreadable(`${path} is a folder`, 'name one picture inside it')
    if (!facts.isFile()) throw unreadable(`${path} is not an ordinary file`, 'save the picture to a file, or give its bytes')
    if (facts.size > maxBytes)
      throw new GradcamError('image-too-large', `${path} has ${facts.size} bytes`, { hint: `give a file of at most ${maxBytes} bytes` })
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GradcamError('image-missing', `no such picture: ${path}`, { hint: 'check the path', cause })
    throw unreadable(`${path} cannot be read: ${code ?? message}`, 'check the permissions of the file', cause)
  }
}

const firstLine = (cause: unknown): string => (cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)).slice(0, 160)

async function header(bytes: Uint8Array, name: string): Promise<Metadata> {
  if (bytes.length === 0) throw unreadable(`${name} is empty`, 'fetch the file again')
  const format = formatOf(bytes)
  if (!format) throw unreadable(`${name} is ${guess(bytes)}`, `${formats} can be read`)
  let metadata: Metadata
  try {
    metadata = await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch (cause) {
    throw unreadable(`${name} is a damaged ${format.toUpperCase()} file: ${firstLine(cause)}`, 'fetch or save the picture again', cause)
  }
  if (metadata.format !== format)
    throw unreadable(`${name} begins as ${format.toUpperCase()} and goes on as ${metadata.format}`, `${formats} can be read`)
  if (metadata.compression === 'hevc')
    throw unreadable(`${name} is an HEIC photo`, 'HEVC is patented and not built in: save it as JPEG or AVIF')
  return metadata
}

/**
 * Reads a photo as the network will see it: RGB, turned upright by its EXIF orientation, transparency on white, the first
 * frame of an animation. 16-bit values lose their low byte (v >> 8). Embedded colour profiles are not applied to RGB and
 * grey photos, as in Pillow and everything built on it; CMYK is converted to sRGB.
 *
 * @param source a path, or the bytes of a PNG, JPEG, WebP, GIF, TIFF or AVIF file
 * @param limits.maxPixels refuses larger pictures by their header, before decoding; default 100 million
 * @throws {GradcamError} `image-missing`, `image-unreadable` (damaged, truncated, not a picture) or `image-too-large`
 * @example await readImage('dog.jpg') // { width: 1080, height: 1080, channels: 3, data }
 */
export async function readImage(source: string | Uint8Array, limits: { maxPixels?: number | undefined } = {}): Promise<Pixels> {
  const name = typeof source === 'string' ? source : 'the picture'
  const bytes = typeof source === 'string' ? await readBytes(source) : source
  const { width, height, space } = await header(bytes, name)
  const most = limits.maxPixels ?? maxPixels
  if (!(width * height <= most)) {
    throw new GradcamError('image-too-large', `${name} has ${width}×${height} pixels, more than ${most}`, {
      hint: 'make it smaller, or raise `maxPixels`',
    })
  }
  const options: SharpOptions = { failOn: 'error', limitInputPixels: width * height, ignoreIcc: space !== 'cmyk' }
  try {
    const picture = sharp(bytes, options).autoOrient().toColourspace('srgb')
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
    if (info.channels === 2) throw unreadable(`${name} has 2 channels`, 'save it as RGB')
    return toRgb({
      width: info.width,
      height: info.height,
      channels: info.channels,
      data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    })
  } catch (cause) {
    if (cause instanceof GradcamError) throw cause
    throw unreadable(`${name} is damaged or cut off: ${firstLine(cause)}`, 'fetch or save the picture again', cause)
  }
}

// what the formats themselves can hold
const longestSide = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 } as const

/**
 * Encodes pixels. The same pixels give the same bytes for one version of sharp.
 *
 * @param text written into PNG files as iTXt chunks; other formats carry none
 * @throws {GradcamError} `bad-option` for another format or a keyword that PNG forbids
 * @example await encodeImage(pixels, 'png', { Software: 'gradcam' })
 */
export async function encodeImage(
  pixels: Pixels,
  format: 'png' | 'jpeg' | 'webp',
  text?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const { width, height, channels, data } = pixels
  const most = longestSide[format]
  if (width > most || height > most) {
    throw new GradcamError('bad-option', `a picture of ${width}×${height} pixels does not fit into ${format.toUpperCase()}`, {
      hint: 'write a PNG, or give a smaller photo',
    })
  }
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  switch (format) {
    case 'png': {
      const png = await picture.png({ compressionLevel: 7 }).toBuffer()
      return text ? withPngText(png, text) : png
    }
    case 'jpeg':
      // full colour resolution: saturated edges of the map and small letters suffer otherwise
      return picture.flatten({ background: '#fff' }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()
    case 'webp':
      return picture.webp({ quality: 90 }).toBuffer()
    default:
      throw new GradcamError('bad-option', `unknown picture format: ${String(format)}`, { hint: 'one of png, jpeg, webp' })
  }
}
