/** @file What is known of a model before it runs: what files beside it say, what its graph tells, and what the user says. */
import type { GradcamError, Warning } from '../core/errors.ts'
import type { OpenedModel } from '../graph/open.ts'
import type { InputOptions } from './explainable.ts'
import { namesBackground } from './detectors/class-numbers.ts'
import { type Fact, fact } from './fact.ts'
import { knownLabels, labelFiles } from './labels.ts'
import { maxLabelText } from './labels/text.ts'
import { answerOf } from './answer.ts'
import type { OutputContract, OutputHints } from './output-kind.ts'
import type { PreparationOptions } from './preparation-options.ts'
import type { PreparationSource } from './preparation.ts'
import { preparationSources } from './preparation-sources.ts'
import { type SavedOptions, savedSettings } from './saved.ts'
import type { SavedPreparation } from './saved-preparation.ts'
import { architectureOf, statedTask, type Task, taskOf, type TaskPlaces, tasks } from './task.ts'
import { oneOf } from '../core/choice.ts'

/** What a user may say of a model; each replaces what the model and the files beside it say. */
export interface ModelOptions extends PreparationOptions, InputOptions {
  /** What the classes are called: as many as the network has classes. `parseLabels` reads them from text. */
  labels?: readonly string[] | undefined
  /** What the network is for. */
  task?: Task | undefined
}

/** What is known of a model. */
export interface KnownModel {
  labels: Fact<readonly string[]>
  task: Fact<Task | undefined>
  outputs: readonly OutputContract[]
  /** What tells what outputs hold, beside the graph. */
  hints: OutputHints
  /** Whether one class is right, so that a softmax is implied where the model has none. */
  singleLabel: boolean
  input: InputOptions
  /** What gradcam.json says. */
  saved: SavedOptions
  /** What tells the task beside the outputs. */
  places: Omit<TaskPlaces, 'outputs'>
  /** The user's word on how photos are prepared, now and in gradcam.json, and what other files say, the strongest first. */
  preparation: { given: PreparationOptions; saved: SavedPreparation | undefined; sources: readonly PreparationSource[] }
  /** Why photos cannot be prepared, though tensors may be given. */
  photosRefused: GradcamError | undefined
  warnings: readonly Warning[]
}

/** Reads everything that is said of a model. The user's word is stronger than gradcam.json, that than all other files. */
export async function knownOf({ model, settings, texts }: OpenedModel, options: ModelOptions): Promise<KnownModel> {
  const ownFile = settings.get('gradcam.json')
  const saved = savedSettings(ownFile)
  const config = settings.get('config.json')?.fields
  const metadata = model.proto.metadataProps
  const given = options.labels ?? saved.labels
  const found = knownLabels({ given, metadata, config, graph: model.graph, files: given ? [] : await texts(labelFiles, maxLabelText) })
  const labels = options.labels === undefined && saved.labels ? fact(saved.labels, 'stated', 'gradcam.json') : found.labels
  if (options.task !== undefined) oneOf('task', options.task, tasks)
  const places = { given: options.task, saved: saved.task, metadata, config }
  const hints: OutputHints = {
    labels: labels.value.length,
    background: namesBackground(labels.value),
    task: statedTask(places)?.value,
    architecture: architectureOf(config),
    ultralytics: ultralyticsOf(metadata),
  }
  const { outputs } = answerOf(model.graph, () => undefined, hints)
  const task = taskOf({ ...places, outputs })
  const { sources, refusal, warnings } = preparationSources(settings, metadata, { ...saved, ...options })
  return {
    ...{ labels, task, outputs, hints, saved, places },
    singleLabel: options.task === 'classification' || (labels.value.length > 1 && !severalRight(task)),
    input: { imageInput: options.imageInput ?? saved.imageInput, layout: options.layout ?? saved.layout },
    preparation: { given: options, saved: ownFile && { options: saved, file: ownFile.name }, sources },
    photosRefused: refusal,
    warnings: [...found.warnings, ...warnings],
  }
}

/** Whether the classes exclude each other, as far as a file says. */
const severalRight = ({ value, source }: Fact<Task | undefined>): boolean =>
  (value === 'multi-label' || value === 'regression') && source !== 'assumed'

/** Ultralytics' own name of the task, and how many numbers each box has for its key points: kpt_shape, [17, 3]. */
function ultralyticsOf(metadata: TaskPlaces['metadata']): OutputHints['ultralytics'] {
  const of = (wanted: string): string | undefined => metadata.find(({ key }) => key === wanted)?.value
  if (of('task') === undefined || of('stride') === undefined) return undefined
  const [, points, numbers] = /^\[\s*(\d{1,4})\s*,\s*([23])\s*\]$/.exec(of('kpt_shape') ?? '') ?? []
  return { task: of('task'), keypoints: points === undefined ? undefined : Number(points) * Number(numbers) }
}
