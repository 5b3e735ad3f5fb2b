/** @file Preprocessings that go by a name: of torchvision, Caffe, Inception, CLIP, Keras and Ultralytics. */
import { oneOf } from '../../core/choice.ts'
import { badOption } from '../../core/errors.ts'
import type { Size } from '../../core/pixels.ts'
import { imagenetMean, imagenetStd, largestSide, type Preprocessing, type Step } from '../preprocessing.ts'
import { normals } from './configuration.ts'

/** Preprocessings that many published networks share. */
export type PreprocessingName = 'torchvision' | 'caffe' | 'inception' | 'clip' | 'none'

/** All of these names. */
export const preprocessingNames: readonly PreprocessingName[] = ['torchvision', 'caffe', 'inception', 'clip', 'none']

type Values = Pick<Preprocessing, 'scale' | 'mean' | 'std' | 'channelOrder'>

/** Blue, green, red, without scaling. */
const caffe: Values = { scale: 1, mean: [103.939, 116.779, 123.68], std: [], channelOrder: 'bgr' }
/** −1 … 1. */
const minusOneToOne: Values = { scale: 1 / 127.5, mean: [1], std: [], channelOrder: 'rgb' }
const imagenet: Values = { scale: 1 / 255, mean: imagenetMean, std: imagenetStd, channelOrder: 'rgb' }
const unchanged: Values = { scale: 1, mean: [], std: [], channelOrder: 'rgb' }

const squeezed: readonly Step[] = [{ kind: 'resize', to: 'input', filter: 'bilinear' }]

/** The shorter side to 256 / 224 of the crop, as torchvision's networks are measured. */
function cropped(size: Size): Step[] {
  const wide = (side: number): number => Math.trunc((side * 256) / 224)
  const to =
    size.height === size.width ? { shortest: wide(size.height) } : { cover: { height: wide(size.height), width: wide(size.width) } }
  return [
    { kind: 'resize', to, filter: 'bilinear' },
    { kind: 'crop', to: size, odd: 'even' },
  ]
}

function clipped(size: Size): Step[] {
  const to = size.height === size.width ? { shortest: size.height } : { cover: size }
  return [
    { kind: 'resize', to, filter: 'bicubic' },
    { kind: 'crop', to: size, odd: 'even' },
  ]
}

/**
 * A preprocessing by its name, for a network's input; free sides are 224 pixels.
 *
 * `torchvision`: shorter side to 256, centre crop of 224 (other sizes in proportion), ImageNet's mean and deviation; `caffe`:
 * squeezed, blue, green, red minus their means, not scaled; `inception`: squeezed, −1 … 1; `clip`: shorter side, centre crop,
 * bicubic, CLIP's mean and deviation; `none`: squeezed, levels 0 … 255.
 *
 * @throws {GradcamError} `bad-option` for another name
 * @example namedPreprocessing('caffe')
 */
export function namedPreprocessing(
  name: PreprocessingName,
  input: { height?: number | undefined; width?: number | undefined } = {},
): Preprocessing {
  const size = { height: input.height ?? 224, width: input.width ?? 224 }
  const made: Readonly<Record<PreprocessingName, () => [readonly Step[], Values]>> = {
    torchvision: () => [cropped(size), imagenet],
    caffe: () => [squeezed, caffe],
    inception: () => [squeezed, minusOneToOne],
    clip: () => [clipped(size), { scale: 1 / 255, mean: normals.clip.image_mean, std: normals.clip.image_std, channelOrder: 'rgb' }],
    none: () => [squeezed, unchanged],
  }
  const [steps, values] = made[oneOf('preprocessing', name, preprocessingNames)]()
  return { steps, ...values, layout: 'nchw' }
}

/** The modes of Keras' `preprocess_input`: values only, the photo is squeezed. */
export function kerasPreprocessing(mode: 'tf' | 'torch' | 'caffe'): Preprocessing {
  const values = { tf: minusOneToOne, torch: imagenet, caffe }[mode]
  if (!values) throw badOption(`mode is ${JSON.stringify(mode)}`, 'choose one of tf, torch, caffe')
  return { steps: squeezed, ...values, layout: 'nhwc' }
}

/**
 * Ultralytics' letterbox: as large as fits, linear without antialiasing, in the middle of grey (114), 0 … 1. A classifier's
 * photos are cropped instead.
 *
 * @param imgsz one side of a square, or height and width
 * @throws {GradcamError} `bad-option` for a size that is none
 * @example ultralyticsPreprocessing({ imgsz: [384, 640] })
 */
export function ultralyticsPreprocessing({ imgsz, task = 'detect' }: { imgsz: number | readonly number[]; task?: string }): Preprocessing {
  const [height, width] = typeof imgsz === 'number' ? [imgsz, imgsz] : [imgsz[0], imgsz[1] ?? imgsz[0]]
  if (![height, width].every((side) => Number.isInteger(side) && Number(side) >= 1 && Number(side) <= largestSide))
    throw badOption(`imgsz is ${JSON.stringify(imgsz)}`, `imgsz is one side or height and width, 1 to ${largestSide} pixels`)
  const size = { height: Number(height), width: Number(width) }
  const values: Values = { scale: 1 / 255, mean: [], std: [], channelOrder: 'rgb' }
  if (task === 'classify') {
    const to = size.height === size.width ? { shortest: size.height } : { cover: size }
    const steps: Step[] = [
      { kind: 'resize', to, filter: 'bilinear' },
      { kind: 'crop', to: size, odd: 'even' },
    ]
    return { steps, ...values, layout: 'nchw' }
  }
  const steps: Step[] = [
    { kind: 'resize', to: { inside: size, rounding: 'nearest' }, filter: 'opencv-linear' },
    { kind: 'pad', to: size, place: 'middle', fill: [114] },
  ]
  return { steps, ...values, layout: 'nchw' }
}
