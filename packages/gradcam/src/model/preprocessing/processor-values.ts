/** @file Scale, mean, deviation and the order of channels of an image processor. */
import type { Preprocessing } from '../preprocessing.ts'
import { type Configuration, does, normals } from './configuration.ts'
import { deviations, finite, flag, has, numbers } from './fields.ts'
import type { Rule } from './processors.ts'

const bgr: ReadonlySet<Rule> = new Set<Rule>(['bgr', 'pp-lcnet', 'pp-ocr-det', 'pp-ocr-rec6', 'uvdoc'])
/** They normalise first, and turn the channels round afterwards. */
const turnsLast: ReadonlySet<Rule> = new Set<Rule>(['pp-lcnet', 'pp-ocr-det', 'tvp'])

type Values = Pick<Preprocessing, 'scale' | 'mean' | 'std' | 'channelOrder'>

export function valuesOf(configuration: Configuration): Values {
  const { fields, file, kind, rule } = configuration
  const rescales = does(configuration, 'do_rescale', true)
  const scale = rescales ? finite(fields['rescale_factor'] ?? 1 / 255, 'rescale_factor', file) : 1
  let [mean, std] = statistics(configuration)
  // values from −1 to 1 before normalising
  const offset = flag(configuration, 'rescale_offset', false) || flag(configuration, 'offset', kind === 'Vivit')
  if (offset && rescales) mean = mean.length > 0 ? mean.map((m) => m + 1) : [1]
  // EfficientNet divides a second time with its head
  if (rule === 'efficientnet' && flag(configuration, 'include_top', true)) {
    const again = deviations(fields['image_std'], 'image_std', file)
    std = std.length > 0 ? std.map((s, c) => s * (again[c] ?? again[0] ?? 1)) : again
  }
  const reversed = bgr.has(rule) || flag(configuration, 'do_flip_channel_order', false)
  if (reversed && turnsLast.has(rule)) [mean, std] = [mean.toReversed(), std.toReversed()]
  const grey = flag(configuration, 'do_grayscale', false)
  return { scale, mean, std, channelOrder: grey ? 'grey' : reversed ? 'bgr' : 'rgb' }
}

function statistics(configuration: Configuration): [mean: readonly number[], std: readonly number[]] {
  const { fields, file } = configuration
  if (!does(configuration, 'do_normalize', has(fields, 'image_mean') || has(fields, 'image_std'))) {
    // read all the same, so that nonsense is found
    if (has(fields, 'image_mean')) numbers(fields['image_mean'], 'image_mean', file)
    return [[], []]
  }
  return [
    numbers(fields['image_mean'] ?? normals.imagenet.image_mean, 'image_mean', file),
    deviations(fields['image_std'] ?? normals.imagenet.image_std, 'image_std', file),
  ]
}
