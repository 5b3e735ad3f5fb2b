/** @file Made by scripts/golden/table.py of transformers 5.24.0: image processor classes, and what absent fields mean. */

export const transformersVersion = '5.24.0'

/** Ways from photo to picture. */
export type Rule =
  | 'aria'
  | 'bgr'
  | 'clipped-neighbours'
  | 'convnext'
  | 'deepseek'
  | 'deepseek-hybrid'
  | 'donut'
  | 'dpt'
  | 'efficientnet'
  | 'eomt'
  | 'fractional'
  | 'fractional-neighbours'
  | 'glpn'
  | 'grey'
  | 'idefics2'
  | 'levit'
  | 'llava'
  | 'maskformer'
  | 'neighbours'
  | 'owlv2'
  | 'perceiver'
  | 'pixtral'
  | 'plain'
  | 'poolformer'
  | 'pp-lcnet'
  | 'pp-ocr-det'
  | 'pp-ocr-rec'
  | 'pp-ocr-rec6'
  | 'sam'
  | 'sapiens2'
  | 'slanext'
  | 'swin2sr'
  | 'textnet'
  | 'tvp'
  | 'uvdoc'
  | 'vilt'
  | 'vitmatte'
  | 'yolos'
  | 'zoedepth'

/** A class of image processors. */
export interface Processor {
  rule: Rule
  /** Crops as torchvision does, where the rest is odd. */
  torchvision?: true
  /** Flags that the class does not look at. */
  never?: readonly string[]
  /** Fields of its own that say nothing about pixels. */
  silent?: readonly string[]
  /** Fields of its own about pixels that have no default. */
  open?: readonly string[]
  /** Mean and deviation, where they are well-known ones. */
  normal?: 'imagenet' | 'half' | 'clip'
  /** Fields of a configuration, where a file does not have them; `rescale_factor` is 1/255 where it is not here. */
  fields: Readonly<Record<string, unknown>>
}

/** By name, without `ImageProcessor`. */
// biome-ignore format: one line a class
export const processors: Readonly<Record<string, Processor>> = {
  Aria: { rule: 'aria', never: ['do_resize', 'do_center_crop', 'do_pad'], silent: ['split_resolutions'], normal: 'half', fields: { default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, max_image_size: 980, min_image_size: 336, split_image: false } },
  Beit: { rule: 'plain', never: ['do_pad'], silent: ['do_reduce_labels'], normal: 'half', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 3, do_center_crop: false, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  Bit: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  Blip: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true } },
  BridgeTower: { rule: 'vilt', normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 288 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { shortest_edge: 288 }, do_rescale: true, do_normalize: true, do_pad: true, size_divisor: 32 } },
  CHMv2: { rule: 'dpt', torchvision: true, silent: ['do_reduce_labels'], fields: { do_resize: false, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, ensure_multiple_of: 16, size_divisor: 16, keep_aspect_ratio: true, image_mean: [0.42, 0.411, 0.296], image_std: [0.213, 0.156, 0.143] } },
  CLIP: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  Chameleon: { rule: 'plain', fields: { do_resize: true, size: { shortest_edge: 512 }, default_to_square: false, resample: 1, do_center_crop: true, crop_size: { height: 512, width: 512 }, do_rescale: true, rescale_factor: 0.0078, do_normalize: true, image_mean: [1.0, 1.0, 1.0], image_std: [1.0, 1.0, 1.0] } },
  ChineseCLIP: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  ConditionalDetr: { rule: 'plain', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  ConvNext: { rule: 'convnext', never: ['do_pad'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 384 }, default_to_square: false, resample: 3, do_rescale: true, do_normalize: true, crop_pct: 0.875 } },
  DINOv3ViT: { rule: 'fractional', torchvision: true, never: ['do_pad'], normal: 'imagenet', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  DPT: { rule: 'dpt', never: ['do_center_crop'], silent: ['do_reduce_labels'], open: ['size_divisor'], normal: 'half', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: false, ensure_multiple_of: 1, keep_aspect_ratio: false } },
  DeepseekVLHybrid: { rule: 'deepseek-hybrid', never: ['do_center_crop'], silent: ['high_res_size', 'high_res_resample', 'high_res_image_mean', 'high_res_image_std'], normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, min_size: 14 } },
  DeepseekVL: { rule: 'deepseek', never: ['do_center_crop'], normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, min_size: 14 } },
  DeformableDetr: { rule: 'plain', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  DeiT: { rule: 'plain', normal: 'half', fields: { do_resize: true, size: { height: 256, width: 256 }, default_to_square: true, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  DepthPro: { rule: 'fractional-neighbours', torchvision: true, never: ['do_center_crop', 'do_pad'], normal: 'half', fields: { do_resize: true, size: { height: 1536, width: 1536 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  Detr: { rule: 'plain', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  Donut: { rule: 'donut', normal: 'half', fields: { do_resize: true, size: { height: 2560, width: 1920 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, do_thumbnail: true, do_align_long_axis: false } },
  EfficientLoFTR: { rule: 'grey', never: ['do_center_crop', 'do_normalize', 'do_pad'], fields: { do_resize: true, size: { height: 480, width: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_grayscale: true } },
  EfficientNet: { rule: 'efficientnet', never: ['do_pad'], normal: 'half', fields: { do_resize: true, size: { height: 346, width: 346 }, default_to_square: true, resample: 3, do_center_crop: false, crop_size: { height: 289, width: 289 }, do_rescale: true, do_normalize: true, rescale_offset: false, include_top: true } },
  Eomt: { rule: 'eomt', never: ['do_center_crop'], silent: ['ignore_index'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 640, shortest_edge: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: false, do_split_image: false } },
  Flava: { rule: 'plain', never: ['do_pad'], silent: ['return_image_mask', 'input_size_patches', 'total_mask_patches', 'mask_group_min_patches', 'mask_group_max_patches', 'mask_group_min_aspect_ratio', 'mask_group_max_aspect_ratio', 'return_codebook_pixels', 'codebook_do_resize', 'codebook_size', 'codebook_resample', 'codebook_do_center_crop', 'codebook_crop_size', 'codebook_do_rescale', 'codebook_rescale_factor', 'codebook_do_map_pixels', 'codebook_do_normalize', 'codebook_image_mean', 'codebook_image_std'], normal: 'clip', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  GLPN: { rule: 'glpn', never: ['do_center_crop', 'do_pad'], fields: { do_resize: true, default_to_square: true, resample: 2, do_rescale: true, size_divisor: 32 } },
  Gemma3: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['pan_and_scan_min_crop_size', 'pan_and_scan_max_num_crops', 'pan_and_scan_min_ratio_to_activate'], open: ['do_pan_and_scan'], normal: 'half', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  GotOcr2: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['min_patches', 'max_patches'], normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, crop_to_patches: false } },
  GroundingDino: { rule: 'plain', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  Idefics2: { rule: 'idefics2', never: ['do_center_crop'], normal: 'half', fields: { do_resize: true, size: { longest_edge: 980, shortest_edge: 378 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, do_image_splitting: false } },
  Idefics: { rule: 'plain', silent: ['transform', 'image_num_channels'], normal: 'clip', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, image_size: 224 } },
  ImageGPT: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['clusters'], normal: 'half', fields: { do_resize: true, size: { height: 256, width: 256 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_color_quantize: true } },
  Janus: { rule: 'deepseek', never: ['do_center_crop'], normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, min_size: 14 } },
  LayoutLMv2: { rule: 'bgr', never: ['do_center_crop', 'do_rescale', 'do_normalize', 'do_pad'], silent: ['apply_ocr', 'ocr_lang', 'tesseract_config'], fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 2 } },
  LayoutLMv3: { rule: 'plain', never: ['do_pad'], silent: ['apply_ocr', 'ocr_lang', 'tesseract_config'], normal: 'half', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  Levit: { rule: 'levit', normal: 'imagenet', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  LightGlue: { rule: 'grey', never: ['do_center_crop', 'do_normalize', 'do_pad'], fields: { do_resize: true, size: { height: 480, width: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_grayscale: true } },
  Llava: { rule: 'llava', normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, do_pad: false } },
  Mask2Former: { rule: 'maskformer', never: ['do_center_crop', 'do_pad'], silent: ['ignore_index', 'do_reduce_labels', 'num_labels'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, size_divisor: 32 } },
  MaskFormer: { rule: 'maskformer', never: ['do_center_crop', 'do_pad'], silent: ['ignore_index', 'do_reduce_labels', 'num_labels'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, size_divisor: 32 } },
  MobileNetV1: { rule: 'plain', normal: 'half', fields: { do_resize: true, size: { shortest_edge: 256 }, default_to_square: false, resample: 2, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  MobileNetV2: { rule: 'plain', never: ['do_pad'], silent: ['do_reduce_labels'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 256 }, default_to_square: false, resample: 2, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  MobileViT: { rule: 'plain', never: ['do_normalize', 'do_pad'], silent: ['do_reduce_labels'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 256, width: 256 }, do_rescale: true, do_flip_channel_order: true } },
  Nougat: { rule: 'donut', never: ['do_center_crop'], normal: 'imagenet', fields: { do_resize: true, size: { height: 896, width: 672 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, do_crop_margin: true, do_thumbnail: true, do_align_long_axis: false } },
  OneFormer: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['repo_path', 'class_info_file', 'num_text', 'num_labels', 'ignore_index', 'do_reduce_labels'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true } },
  Ovis2: { rule: 'plain', never: ['do_pad'], silent: ['min_patches', 'max_patches', 'use_covering_area_grid'], normal: 'clip', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, crop_to_patches: false } },
  OwlViT: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { height: 768, width: 768 }, default_to_square: true, resample: 3, do_center_crop: false, crop_size: { height: 768, width: 768 }, do_rescale: true, do_normalize: true } },
  Owlv2: { rule: 'owlv2', never: ['do_center_crop'], normal: 'clip', fields: { do_resize: true, size: { height: 960, width: 960 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  PI0: { rule: 'plain', torchvision: true, normal: 'half', fields: { do_resize: true, size: { max_height: 224, max_width: 224 }, default_to_square: false, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 224, width: 224 } } },
  PPChart2Table: { rule: 'plain', normal: 'clip', fields: { do_resize: true, size: { height: 1024, width: 1024 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true } },
  PPDocLayoutV2: { rule: 'neighbours', torchvision: true, fields: { do_resize: true, size: { height: 800, width: 800 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, image_mean: [0, 0, 0], image_std: [1, 1, 1] } },
  PPDocLayoutV3: { rule: 'neighbours', torchvision: true, fields: { do_resize: true, size: { height: 800, width: 800 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, image_mean: [0, 0, 0], image_std: [1, 1, 1] } },
  PPDocLayoutV4: { rule: 'clipped-neighbours', torchvision: true, fields: { do_resize: true, size: { height: 800, width: 800 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, image_mean: [0, 0, 0], image_std: [1, 1, 1] } },
  PPFormulaNet: { rule: 'donut', torchvision: true, never: ['do_center_crop'], fields: { do_resize: true, size: { height: 768, width: 768 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, do_crop_margin: true, do_thumbnail: true, do_align_long_axis: false, image_mean: [0.7931, 0.7931, 0.7931], image_std: [0.1738, 0.1738, 0.1738] } },
  PPLCNet: { rule: 'pp-lcnet', torchvision: true, never: ['do_pad'], fields: { do_resize: true, size: { height: 256, width: 256 }, default_to_square: true, resample: 2, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, resize_short: 256, size_divisor: 1, image_mean: [0.406, 0.456, 0.485], image_std: [0.225, 0.224, 0.229] } },
  PPOCRV5ServerDet: { rule: 'pp-ocr-det', torchvision: true, never: ['do_center_crop', 'do_pad'], fields: { do_resize: true, size: { height: 960, width: 960 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, limit_side_len: 960, limit_type: 'max', max_side_limit: 4000, image_mean: [0.406, 0.456, 0.485], image_std: [0.225, 0.224, 0.229] } },
  PPOCRV5ServerRec: { rule: 'pp-ocr-rec', torchvision: true, silent: ['character_list'], normal: 'half', fields: { do_resize: true, size: { height: 48, width: 320 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 48, width: 320 }, max_image_width: 3200 } },
  PPOCRV6SmallRec: { rule: 'pp-ocr-rec6', torchvision: true, silent: ['character_list'], normal: 'half', fields: { do_resize: true, size: { height: 48, width: 320 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 48, width: 320 }, max_image_width: 3200 } },
  Perceiver: { rule: 'perceiver', never: ['do_pad'], normal: 'imagenet', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 3, do_center_crop: true, crop_size: { height: 256, width: 256 }, do_rescale: true, do_normalize: true } },
  Pixtral: { rule: 'pixtral', normal: 'clip', fields: { do_resize: true, size: { longest_edge: 1024 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, patch_size: { height: 16, width: 16 } } },
  PoolFormer: { rule: 'poolformer', normal: 'imagenet', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, crop_pct: 0.9 } },
  PromptDepthAnything: { rule: 'dpt', never: ['do_center_crop'], silent: ['prompt_scale_to_meter'], open: ['size_divisor'], normal: 'half', fields: { do_resize: true, size: { height: 384, width: 384 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true, do_pad: false, keep_aspect_ratio: false, ensure_multiple_of: 1 } },
  Pvt: { rule: 'plain', normal: 'imagenet', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true } },
  RTDetr: { rule: 'plain', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { height: 640, width: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: false, do_pad: false } },
  RfDetr: { rule: 'fractional-neighbours', torchvision: true, never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  SLANeXt: { rule: 'slanext', torchvision: true, normal: 'imagenet', fields: { do_resize: true, size: { height: 512, width: 512 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 512, width: 512 } } },
  Sam2: { rule: 'plain', torchvision: true, silent: ['mask_size'], normal: 'imagenet', fields: { do_resize: true, size: { height: 1024, width: 1024 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  Sam3: { rule: 'plain', torchvision: true, silent: ['mask_size'], normal: 'half', fields: { do_resize: true, size: { height: 1008, width: 1008 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  Sam: { rule: 'sam', silent: ['mask_size', 'mask_pad_size'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1024 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 1024, width: 1024 } } },
  Sapiens2: { rule: 'sapiens2', torchvision: true, silent: ['do_reduce_labels', 'keypoint_heatmap_downscale_factor', 'keypoint_heatmap_sigma'], normal: 'imagenet', fields: { do_resize: true, size: { height: 1024, width: 768 }, default_to_square: true, resample: 2, do_center_crop: false, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, do_pad: false } },
  SegGpt: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['num_labels'], normal: 'imagenet', fields: { do_resize: true, size: { height: 448, width: 448 }, default_to_square: true, resample: 3, do_rescale: true, do_normalize: true } },
  Segformer: { rule: 'plain', never: ['do_center_crop', 'do_pad'], silent: ['do_reduce_labels'], normal: 'imagenet', fields: { do_resize: true, size: { height: 512, width: 512 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  Siglip: { rule: 'plain', normal: 'half', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: false, resample: 3, do_rescale: true, do_normalize: true } },
  SuperGlue: { rule: 'grey', never: ['do_center_crop', 'do_normalize', 'do_pad'], fields: { do_resize: true, size: { height: 480, width: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_grayscale: true } },
  SuperPoint: { rule: 'grey', never: ['do_center_crop', 'do_normalize', 'do_pad'], fields: { do_resize: true, size: { height: 480, width: 640 }, default_to_square: false, resample: 2, do_rescale: true, do_grayscale: false } },
  Swin2SR: { rule: 'swin2sr', never: ['do_resize', 'do_center_crop', 'do_normalize'], fields: { default_to_square: true, do_rescale: true, do_pad: true, size_divisor: 8 } },
  TextNet: { rule: 'textnet', never: ['do_pad'], normal: 'imagenet', fields: { do_resize: true, size: { shortest_edge: 640 }, default_to_square: false, resample: 2, do_center_crop: false, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, size_divisor: 32 } },
  Tipsv2Dpt: { rule: 'plain', torchvision: true, fields: { do_resize: true, size: { height: 448, width: 448 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: false } },
  Tipsv2: { rule: 'plain', torchvision: true, fields: { do_resize: true, size: { height: 448, width: 448 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: false } },
  Tvp: { rule: 'tvp', normal: 'half', fields: { do_resize: true, size: { longest_edge: 448 }, default_to_square: false, resample: 2, do_center_crop: true, crop_size: { height: 448, width: 448 }, do_rescale: true, do_normalize: true, do_pad: true, pad_size: { height: 448, width: 448 }, do_flip_channel_order: true, constant_values: 0, pad_mode: 'constant' } },
  UVDoc: { rule: 'uvdoc', torchvision: true, never: ['do_center_crop', 'do_pad'], fields: { do_resize: true, size: { height: 712, width: 488 }, default_to_square: true, resample: 2, do_rescale: true } },
  ViT: { rule: 'plain', normal: 'half', fields: { do_resize: true, size: { height: 224, width: 224 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true } },
  VideoLlava: { rule: 'plain', never: ['do_pad'], silent: ['return_legacy_image_output'], normal: 'clip', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 3, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true, do_convert_rgb: true } },
  VideoMAE: { rule: 'plain', never: ['do_pad'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 224 }, default_to_square: false, resample: 2, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, do_normalize: true } },
  Vilt: { rule: 'vilt', never: ['do_center_crop'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 384 }, default_to_square: false, resample: 3, do_rescale: true, do_normalize: true, do_pad: true, size_divisor: 32 } },
  VitMatte: { rule: 'vitmatte', never: ['do_resize', 'do_center_crop'], normal: 'half', fields: { default_to_square: true, do_rescale: true, do_normalize: true, do_pad: true, size_divisor: 32 } },
  VitPose: { rule: 'plain', never: ['do_resize', 'do_center_crop', 'do_pad'], silent: ['normalize_factor'], normal: 'imagenet', fields: { size: { height: 256, width: 192 }, default_to_square: true, do_rescale: true, do_normalize: true, do_affine_transform: true } },
  Vivit: { rule: 'plain', never: ['do_pad'], normal: 'half', fields: { do_resize: true, size: { shortest_edge: 256 }, default_to_square: false, resample: 2, do_center_crop: true, crop_size: { height: 224, width: 224 }, do_rescale: true, rescale_factor: 0.00784313725490196, do_normalize: true, offset: true } },
  Yolos: { rule: 'yolos', never: ['do_center_crop'], silent: ['format', 'do_convert_annotations'], normal: 'imagenet', fields: { do_resize: true, size: { longest_edge: 1333, shortest_edge: 800 }, default_to_square: false, resample: 2, do_rescale: true, do_normalize: true, do_pad: true } },
  ZoeDepth: { rule: 'zoedepth', never: ['do_center_crop'], normal: 'half', fields: { do_resize: true, size: { height: 384, width: 512 }, default_to_square: true, resample: 2, do_rescale: true, do_normalize: true, do_pad: true, keep_aspect_ratio: true, ensure_multiple_of: 0.03125 } },
}

/** Fields that all classes have. */
export const commonFields: readonly string[] = [
  'crop_size',
  'data_format',
  'default_to_square',
  'device',
  'disable_grouping',
  'do_center_crop',
  'do_convert_rgb',
  'do_normalize',
  'do_pad',
  'do_rescale',
  'do_resize',
  'image_mean',
  'image_seq_length',
  'image_std',
  'input_data_format',
  'pad_size',
  'resample',
  'rescale_factor',
  'return_tensors',
  'size',
]

/** Classes that make patches, tiles or tokens of a photo: no picture. */
export const patchMakers: ReadonlySet<string> = new Set([
  'Apertus1p5',
  'Cohere2Vision',
  'CohereCompass',
  'Cosmos3Edge',
  'DeepseekOcr2',
  'Emu3',
  'Ernie4_5_VLMoe',
  'Ernie4_5_VL_Moe',
  'Fuyu',
  'Gemma4',
  'Gemma4Unified',
  'Glm46V',
  'Glm4v',
  'Glm5Next',
  'GlmImage',
  'Glmga',
  'GraniteDocling',
  'HYV4VL',
  'HunYuanVL',
  'Idefics3',
  'Inkling2',
  'Inkling',
  'Kimi_K25',
  'Kosmos2_5',
  'Lfm2Vl',
  'Llama4',
  'LlavaNext',
  'LlavaOnevision',
  'MiniCPMOcr',
  'MiniCPMV4_6',
  'MiniMaxM3VL',
  'Mllama',
  'Molmo2',
  'MuseGlimmer',
  'NemotronH_Omni_Reasoning_V3',
  'NeoMME',
  'PaddleOCRVL',
  'PerceptionLM',
  'Phi4Multimodal',
  'Pix2Struct',
  'Qwen2VL',
  'Siglip2',
  'SmolVLM',
  'Step3p7',
  'UltraVBert',
  'UnlimitedOcr',
  'VideoLlama3',
])
