/** @file Images through the browser's own codecs and a canvas. */
import { GradcamError } from '../core/errors.ts'
import type { Pixels } from '../core/pixels.ts'
import { drawnSize, type Host } from '../host.ts'
import { checkPixelCount, heicUnread, unreadable } from '../image/photo.ts'

function contextOf(width: number, height: number): { canvas: OffscreenCanvas; context: OffscreenCanvasRenderingContext2D } {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context) return { canvas, context }
  throw new GradcamError('image-too-large', `this browser has no canvas of ${width}×${height} pixels`, { hint: 'give a smaller photo' })
}

export const decode: Host['decode'] = async (bytes, { format, name, maxPixels }) => {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: format === 'heif' ? 'image/avif' : `image/${format}` })
  const upright = { imageOrientation: 'from-image', premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const
  const bitmap = await createImageBitmap(blob, upright).catch((cause: unknown) => {
    if (format === 'heif' && /^hei|^hevc|^hevx/.test(String.fromCharCode(...bytes.subarray(8, 12)))) throw heicUnread(name, cause)
    throw unreadable(`${name} is a damaged ${format.toUpperCase()} file, or one that this browser does not read`, 'save it as PNG', cause)
  })
  try {
    const { width, height } = bitmap
    checkPixelCount(name, width, height, maxPixels)
    const { context } = contextOf(width, height)
    // a canvas keeps colours multiplied by their alpha: what is transparent would lose digits
    context.fillStyle = '#fff'
    context.fillRect(0, 0, width, height)
    context.drawImage(bitmap, 0, 0)
    return { width, height, channels: 4, data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) }
  } finally {
    bitmap.close()
  }
}

function rgba({ width, height, channels, data }: Pixels): ImageData {
  const image = new ImageData(width, height)
  for (let i = 0, o = 0; o < image.data.length; i += channels, o += 4) {
    for (let c = 0; c < 3; c++) image.data[o + c] = data[channels === 1 ? i : i + c] as number
    image.data[o + 3] = channels === 4 ? (data[i + 3] as number) : 255
  }
  return image
}

export const encode: Host['encode'] = async (pixels, format) => {
  const { canvas, context } = contextOf(pixels.width, pixels.height)
  context.putImageData(rgba(pixels), 0, 0)
  const type = `image/${format}`
  const blob = await canvas.convertToBlob({ type, quality: 0.9 })
  // a browser that lacks a format writes PNG instead
  if (blob.type !== type) throw new GradcamError('bad-option', `this browser does not write ${format.toUpperCase()}`, { hint: 'take png' })
  return new Uint8Array(await blob.arrayBuffer())
}

export const drawText: NonNullable<Host['drawText']> = async (text, weight) => {
  const [width, height] = [Math.ceil(drawnSize * (2 + 1.6 * Array.from(text).length)), 2 * drawnSize]
  const { context } = contextOf(width, height)
  context.font = `${weight} ${drawnSize}px sans-serif`
  context.fillText(text, drawnSize, 1.4 * drawnSize)
  return { width, height, channels: 4, data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer) }
}
