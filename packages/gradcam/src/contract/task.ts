/** @file What a network is for: said by the user, a file, its class, or read off its outputs. */
import { type Fact, fact } from './fact.ts'
import type { OutputContract, OutputKind } from './output.ts'

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

/** Ultralytics' names in a file's metadata. */
const ultralytics: Readonly<Record<string, Task>> = {
  classify: 'classification',
  detect: 'detection',
  segment: 'detection',
  pose: 'detection',
  obb: 'detection',
}

const problems: Readonly<Record<string, Task>> = {
  single_label_classification: 'classification',
  multi_label_classification: 'multi-label',
  regression: 'regression',
}

/** Ends of the names of Hugging Face's model classes. */
const architectures: readonly (readonly [RegExp, Task])[] = [
  [/For(Image|Video)Classification(WithTeacher)?$|ForImageClassification\w*$/, 'classification'],
  [/For(Zero\w*)?ObjectDetection$/, 'detection'],
  [/For\w*Segmentation$/, 'segmentation'],
  [/ForDepthEstimation$/, 'depth'],
  [/For(Pose|Keypoint)\w*$/, 'keypoints'],
  [/Model$|WithProjection$|Backbone$/, 'embedding'],
]

const byOutput: Partial<Record<OutputKind, Task>> = {
  logits: 'classification',
  probabilities: 'classification',
  percent: 'classification',
  boxes: 'detection',
  detections: 'detection',
  segmentation: 'segmentation',
  'class-map': 'segmentation',
  depth: 'depth',
  keypoints: 'keypoints',
  embedding: 'embedding',
  sequence: 'sequence',
  value: 'regression',
  classes: 'classification',
}

/** Everything that may tell. */
export interface TaskPlaces {
  /** The user's word. */
  given: Task | undefined
  /** gradcam.json. */
  saved: Task | undefined
  /** Key and value pairs of the ONNX file. */
  metadata: readonly { key: string; value: string }[]
  /** Fields of config.json. */
  config: Readonly<Record<string, unknown>> | undefined
  outputs: readonly OutputContract[]
}

/** The task of a model. */
export function taskOf({ given, saved, metadata, config = {}, outputs }: TaskPlaces): Fact<Task | undefined> {
  if (given !== undefined) return fact(given, 'given', '`task`')
  if (saved !== undefined) return fact(saved, 'stated', 'gradcam.json')
  const stated = metadata.find(({ key }) => key === 'task')?.value ?? ''
  if (Object.hasOwn(ultralytics, stated)) return fact(ultralytics[stated], 'stated', `task ${stated} in the file's metadata`)
  const problem = config['problem_type']
  if (typeof problem === 'string' && Object.hasOwn(problems, problem))
    return fact(problems[problem], 'stated', `problem_type ${problem} in config.json`)
  const [name] = Array.isArray(config['architectures']) ? (config['architectures'] as unknown[]) : []
  const known = typeof name === 'string' ? architectures.find(([pattern]) => pattern.test(name)) : undefined
  if (known) return fact(known[1], 'class', `${String(name)} in config.json`)
  const first = outputs.find(({ kind }) => byOutput[kind.value] !== undefined)
  if (!first) return fact(undefined, 'assumed', 'nothing tells')
  // a network that also gives boxes is a detector, whatever comes first
  const boxes = outputs.find(({ kind }) => kind.value === 'boxes' || kind.value === 'detections')
  const { name: output, kind } = boxes ?? first
  return fact(byOutput[kind.value], kind.source === 'assumed' ? 'assumed' : 'convention', `the output ${output}: ${kind.value}`)
}
