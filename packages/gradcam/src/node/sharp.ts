/** @file Images through sharp: decoded as Pillow and everything built on it does, encoded for figures. */
import type { Metadata, SharpOptions } from 'sharp'
import type { Host } from '../host.ts'
import { checkPixelCount, unreadable } from '../image/photo.ts'
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
  if (metadata.compression === 'hevc')
    throw unreadable(`${name} is an HEIC photo`, 'HEVC is patented and not built in: save it as JPEG or AVIF')
  const { width, height, space } = metadata
  checkPixelCount(name, width, height, maxPixels)
  const options: SharpOptions = { failOn: 'error', limitInputPixels: width * height, ignoreIcc: space !== 'cmyk' }
  const picture = sharp(bytes, options).autoOrient().toColourspace('srgb')
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(failed)
  if (info.channels === 2) throw unreadable(`${name} has 2 channels`, 'save it as RGB')
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  }
}

export const encode: Host['encode'] = async ({ width, height, channels, data }, format) => {
  const sharp = await loadSharp()
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
  if (format === 'png') return picture.png({ compressionLevel: 7 }).toBuffer()
  if (format === 'webp') return picture.webp({ quality: 90 }).toBuffer()
  // full colour resolution: saturated edges of the map and small letters suffer otherwise
  return picture.flatten({ background: '#fff' }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()
}
