/** @file `gradcam/node`: load a model from disk, explain photos, write figures. */
import { createGradcam, type Gradcam } from '../gradcam.ts'
import { nodeHost } from './host.ts'

export { GradcamError } from '../core/errors.ts'
export { engines } from '../host.ts'
export { devices } from '../runtime/runtime.ts'
export type * from '../index.ts'
export { nodeHost } from './host.ts'
export { pathOf } from './paths.ts'
export { engineRuntime, nodeRuntime, type NodeRuntimeOptions } from './runtime.ts'

const gradcam = createGradcam(nodeHost)

/**
 * Loads a network.
 *
 * @param source a folder in the Hugging Face layout (`onnx/model.onnx`, `config.json`, `preprocessor_config.json`), an `.onnx` file, or its bytes
 * @throws GradcamError `model-missing`, `model-unreadable`, `model-invalid`, `unsupported-model`, `not-installed`
 * @example
 * const net = await load('models/googlenet')
 */
export const load: Gradcam['load'] = gradcam.load

/**
 * One figure of several explanations of one photo: a row for every target where several methods explain several targets, else in rows
 * of at most six. Figures of several maps are no wider and no higher than about 4000 pixels.
 *
 * @throws GradcamError `bad-option` for settings that mean nothing, and for more than 24 explanations
 * @example await figureOf(await net.explainAll('photo.jpg', { target: 'top-3' }), { colorScale: 'shared', contours: [0.5] }).toFile('why.png')
 */
export const figureOf: Gradcam['figureOf'] = gradcam.figureOf

/**
 * The part of the photo where the map lies over a share of its maximum, 0 … 1. Default: 0.15. White on black, one channel, as large as
 * the photo, or as the map where there is no photo.
 *
 * @throws GradcamError `bad-option` for a share that is not from 0 to 1
 * @example await maskFigure(await net.explain('photo.jpg'), 0.5).toFile('mask.png')
 */
export const maskFigure: Gradcam['maskFigure'] = gradcam.maskFigure

/**
 * A report page: photo, the network's answers, a map for every target and method, settings, details, warnings, timings, versions.
 *
 * @param explanations of one photo
 * @throws GradcamError `bad-option` for no explanations, for more than 100, and for settings that mean nothing
 * @example await reportOf(await net.explainAll('photo.jpg', { target: 'top-3' }), { name: 'photo.jpg' }).toFile('report.html')
 */
export const reportOf: Gradcam['reportOf'] = gradcam.reportOf

/**
 * Reads a photo as the network will see it: RGB, turned upright by its EXIF orientation, transparency on white, the first
 * frame of an animation. 16-bit values lose their low byte (v >> 8). Embedded colour profiles are not applied to RGB and
 * grey photos, as in Pillow and everything built on it; CMYK is converted to sRGB.
 *
 * @param source a path, or the bytes of a PNG, JPEG, WebP, GIF, TIFF or AVIF file
 * @param limits `maxPixels`: larger photos are refused by their header, before decoding. Default: 100 million
 * @throws GradcamError `image-missing`, `image-unreadable` (damaged, truncated, not an image), `image-too-large`, `not-installed`
 * @example await readImage('dog.jpg') // { width: 1080, height: 1080, channels: 3, data }
 */
export const readImage: Gradcam['readImage'] = gradcam.readImage

/**
 * Encodes pixels. The same pixels give the same bytes for one version of sharp.
 *
 * @param text written into PNG files as iTXt chunks; other formats carry none
 * @throws GradcamError `bad-option` for another format, one that cannot hold so many pixels, or a keyword that PNG forbids
 * @example await encodeImage(pixels, 'png', { Software: 'gradcam' })
 */
export const encodeImage: Gradcam['encodeImage'] = gradcam.encodeImage
