/** @file Files beside a model that say how it is used. */

/** Names of files, the strongest first. */
export const settingsFiles = [
  'gradcam.json',
  'preprocessor_config.json',
  'processor_config.json',
  'image_processor_config.json',
  'image_processor/preprocessor_config.json',
  'feature_extractor/preprocessor_config.json',
  'open_clip_config.json',
  'config.json',
] as const
/** Name of such a file. */
export type SettingsFile = (typeof settingsFiles)[number]
