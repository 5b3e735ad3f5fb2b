/** @file What a network is for: said by the user, a file, its class, or read off its outputs. */
import { type Fact, fact } from './fact.ts'
import type { OutputContract, OutputKind } from './output-kind.ts'
import type { Task } from './task-name.ts'

export { type Task, tasks } from './task-name.ts'

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
  mask: 'segmentation',
  depth: 'depth',
  keypoints: 'keypoints',
  embedding: 'embedding',
  sequence: 'sequence',
  value: 'regression',
  classes: 'classification',
  ranked: 'classification',
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
export function taskOf({ outputs, ...places }: TaskPlaces): Fact<Task | undefined> {
  const stated = statedTask(places)
  if (stated) return stated
  const first = outputs.find(({ kind }) => byOutput[kind.value] !== undefined)
  if (!first) return fact(undefined, 'assumed', 'nothing tells')
  // a network that also gives boxes is a detector, whatever comes first; one that gives scores beside an embedding is known by them
  const boxes = outputs.find(({ kind }) => kind.value === 'boxes' || kind.value === 'detections')
  const scores = first.kind.value === 'embedding' ? outputs.find(({ kind }) => byOutput[kind.value] === 'classification') : undefined
  const { name: output, kind } = boxes ?? scores ?? first
  return fact(byOutput[kind.value], kind.source === 'assumed' ? 'assumed' : 'convention', `the output ${output}: ${kind.value}`)
}

/** What the user or a file says; undefined where nothing does. */
export function statedTask({ given, saved, metadata, config = {} }: Omit<TaskPlaces, 'outputs'>): Fact<Task> | undefined {
  if (given !== undefined) return fact(given, 'given', '`task`')
  if (saved !== undefined) return fact(saved, 'stated', 'gradcam.json')
  const stated = metadata.find(({ key }) => key === 'task')?.value ?? ''
  const task = Object.hasOwn(ultralytics, stated) ? ultralytics[stated] : undefined
  if (task) return fact(task, 'stated', `task ${stated} in the file's metadata`)
  const problem = config['problem_type']
  const said = typeof problem === 'string' && Object.hasOwn(problems, problem) ? problems[problem] : undefined
  if (said) return fact(said, 'stated', `problem_type ${String(problem)} in config.json`)
  const name = architectureOf(config)
  const known = architectures.find(([pattern]) => name !== undefined && pattern.test(name))
  return known && fact(known[1], 'class', `${String(name)} in config.json`)
}

/** The class that a config names. */
export function architectureOf(config: Readonly<Record<string, unknown>> = {}): string | undefined {
  const [name] = Array.isArray(config['architectures']) ? (config['architectures'] as unknown[]) : []
  return typeof name === 'string' ? name : undefined
}
