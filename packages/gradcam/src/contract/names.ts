/** @file What names of inputs usually mean. */
import type { InputRole } from './input.ts'

/** What else an input may be called that takes no picture, by role. */
const others: readonly (readonly [RegExp, InputRole])[] = [
  [/(^|[_./])(pixel_|attention_|padding_|key_padding_)?masks?([_./]|$)|mask_(input|token)|bool_masked_pos/, 'mask'],
  [/(^|[_./])(input_ids|token_type_ids|position_ids|decoder_input_ids|tokens?|text)([_./]|$)/, 'tokens'],
  [
    /orig(inal)?_(target_|im_|image_)?sizes?|target_sizes?|im(age|g)?_(shape|size|info)s?$|scale_factors?|spatial_shapes?|interpolate/,
    'numbers',
  ],
  [/(score|iou|conf(idence)?|nms)_thresh(old)?|max_(detections|output|boxes)|point_(coords|labels)|timesteps?$/, 'numbers'],
]

/** Names of inputs that take pictures, the surest first. */
const images: readonly RegExp[] = [
  /^pixel_values$/,
  /(^|[_./])(pixel_values?|images?|imgs?|photos?|pictures?|rgb|src)([_./:\d]|$)/,
  /^(input|inputs|x|data|input_?\d+|serving_default.*)(:0)?$/,
]

/** What an input is by its name, where that names something else than a picture. */
export const roleByName = (name: string): InputRole | undefined => others.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1]

/** How much a name speaks for a picture: 0 nothing, 3 as much as a name can. */
export function pictureName(name: string): number {
  const found = images.findIndex((pattern) => pattern.test(name.toLowerCase()))
  return found < 0 ? 0 : images.length - found
}
