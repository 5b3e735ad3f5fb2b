/** @file The names of what networks are for. */

/** What a network is for. `multi-label`: each class by itself, several may be right. */
export const tasks = [
  'classification',
  'multi-label',
  'regression',
  'detection',
  'segmentation',
  'depth',
  'keypoints',
  'embedding',
  'sequence',
] as const
/** Name of a task. */
export type Task = (typeof tasks)[number]
