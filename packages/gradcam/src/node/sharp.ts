/** @file Images through sharp: decoded as Pillow and everything built on it does, encoded for figures. */
import type { Metadata, OutputInfo, Sharp, SharpOptions } from 'sharp'
import { drawnSize, type Host } from '../host.ts'
import { checkPixelCount, heicUnread, unreadable } from '../image/photo.ts'
import type { DeepLevels } from '../core/pixels.ts'
import { loadSharp } from './optional.ts'

export const decode: Host['decode'] = async (bytes, { format, name, maxPixels }) => {
  const sharp = await loadSharp()
  const failed = (cause: unknown): never => {
    const why = (cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)).slice(0, 160)
    throw unreadable(`${name} is a damaged ${format.toUpperCase()} file, or cut off: ${why}`, 'fetch or save the photo again', cause)
  }
  const metadata: Metadata = await sharp(bytes, { limitInputPixels: false }).metadata().catch(failed)
  if (metadata.format !== format)
    throw unreadable(`${name} begins as ${format.toUpperCase()} and goes on as ${metadata.format}`, 'save the photo again')
  const { width, height, space } = metadata
  checkPixelCount(name, width, height, maxPixels)
  const options: SharpOptions = { failOn: 'error', limitInputPixels: width * height, ignoreIcc: space !== 'cmyk' }
  const picture = sharp(bytes, options).autoOrient().toColourspace('srgb')
  // prebuilt libraries lack HEVC; a libvips of one's own may have it
  const unread = (cause: unknown): never => {
    throw heicUnread(name, cause)
  }
  const refused = metadata.compression === 'hevc' ? unread : failed
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(refused)
  if (info.channels === 2) throw unreadable(`${name} has 2 channels`, 'save it as RGB')
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    ...(metadata.depth === 'uchar' ? {} : { deep: await deepOf(sharp(bytes, options).autoOrient(), metadata.depth, info).catch(failed) }),
  }
}

/** Levels as the file has them, in as many channels as the bytes. */
async function deepOf(picture: Sharp, depth: string, { channels }: OutputInfo): Promise<DeepLevels> {
  const wide = depth !== 'ushort'
  const { data, info } = await (wide ? picture.raw({ depth: 'float' }) : picture.toColourspace('rgb16').raw({ depth: 'ushort' })).toBuffer({
    resolveWithObject: true,
  })
  const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.length)
  const levels = wide ? new Float32Array(buffer) : new Uint16Array(buffer)
  if (info.channels !== channels) throw new Error(`${info.channels} channels of levels, ${channels} of bytes`)
  return { type: wide ? 'wide' : 'uint16', data: levels }
}

export const encode: Host['encode'] = async ({ width, height, channels, data }, format) => {
  const sharp = await loadSharp()
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  if (format === 'png') return picture.png({ compressionLevel: 7 }).toBuffer()
  if (format === 'webp') return picture.webp({ quality: 90 }).toBuffer()
  // full colour resolution: saturated edges of the map and small letters suffer otherwise
  return picture.flatten({ background: '#fff' }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** By Pango and the system's fonts, which sharp brings along for its SVG: such a drawing has a baseline that is known. */
export const drawText: NonNullable<Host['drawText']> = async (text, weight) => {
  const sharp = await loadSharp()
  const [width, height] = [Math.ceil(drawnSize * (2 + 1.6 * Array.from(text).length)), 2 * drawnSize]
  const style = `font-family="sans-serif" font-size="${drawnSize}" font-weight="${weight}"`
  const shown = text.replace(/[&<>]/g, (sign) => escapes[sign] ?? '')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><text x="${drawnSize}" y="${1.4 * drawnSize}" ${style}>${shown}</text></svg>`
  const { data, info } = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: 4, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}
