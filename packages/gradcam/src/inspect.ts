/** @file What a network takes and gives, as a plain value; which of the usual preprocessings suits it; and what of that is kept in gradcam.json. */
import { type InputCheck, isSame, verdictOf, type WayChecked, waysFor } from './contract/check-input.ts'
import type { Contract } from './contract/contract.ts'
import { inputFacts } from './contract/inputs.ts'
import type { KnownModel, ModelOptions } from './contract/known.ts'
import { answerFact, answerOf, type NetworkAnswer } from './contract/answer.ts'
import { originOf } from './contract/fact.ts'
import { withOptions } from './contract/preparation-options.ts'
import { mergedSettings, type SavedOptions } from './contract/saved.ts'
import { taskOf } from './contract/task.ts'
import { badOption, GradcamError, type Warning, warn } from './core/errors.ts'
import type { Pixels } from './core/pixels.ts'
import { diagnoseLabels } from './explain/diagnose.ts'
import type { Explainer } from './explain/explainer.ts'
import { preparedPhoto } from './explain/prepare-photo.ts'
import { learnTensorInfo } from './graph/learn-tensor-info.ts'
import type { Model } from './graph/model.ts'
import type { OpenedModel } from './graph/open.ts'
import type { TensorInfo } from './graph/tensor-info.ts'
import type { Preprocessing } from './model/preprocessing.ts'
import type { Runtime } from './runtime/runtime.ts'

/**
 * The contract of a model.
 *
 * @param explainer throws where no input takes an image: the rest is told all the same
 * @param probe whether the network is run once, on zeros, for shapes that the model does not declare
 */
export async function contractOf(
  { name, file, model }: OpenedModel,
  known: KnownModel,
  explainer: () => Explainer,
  probe: boolean,
): Promise<Contract> {
  const { core, refusal } = explainerOf(explainer)
  const photos = core && !known.photosRefused && [1, 3].includes(core.imageInput.channels) ? await core.preparation() : undefined
  const info = probe ? await core?.tensorInfo().catch(onlyRefusals) : undefined
  const answer = core && info ? core.answer(info) : answerOf(model.graph, () => undefined, known.hints)
  const { outputs } = answer
  return {
    model: name,
    file,
    producer: [model.proto.producerName, model.proto.producerVersion].filter(Boolean).join(' '),
    opset: model.graph.opset,
    task: known.task.source === 'assumed' || known.task.source === 'convention' ? taskOf({ ...known.places, outputs }) : known.task,
    inputs: core?.contract.inputs ?? inputFacts(model.graph),
    imageInput: core?.contract.choice,
    inGraph: core?.contract.inGraph.steps ?? [],
    preparation: photos?.preparation,
    labels: known.labels,
    outputs,
    answer: answerFact(answer),
    warnings: [
      ...known.warnings,
      ...(known.photosRefused ? warn('photos-refused', known.photosRefused.message, known.photosRefused.hint) : []),
      ...refusal,
      ...(core?.contract.notes ?? []),
      ...(photos?.warnings ?? []),
      ...answer.warnings,
      ...labelsMismatch(known, answer),
    ],
  }
}

/** More or fewer labels than the answer has classes, as every explanation says it. */
function labelsMismatch({ labels }: KnownModel, { by, scores, outputs }: NetworkAnswer): Warning[] {
  const { classes } = outputs.find((output) => (output.scores?.tensor ?? output.name) === scores?.tensor) ?? {}
  if (by !== 'class' || !classes) return []
  return diagnoseLabels({ labels: labels.value, knownFrom: { labels: originOf(labels) } }, classes.count)
}

/** The explainer, or why there is none: a model without an image input can be inspected, too. */
function explainerOf(explainer: () => Explainer): { core: Explainer | undefined; refusal: readonly Warning[] } {
  try {
    return { core: explainer(), refusal: [] }
  } catch (error) {
    if (!(error instanceof GradcamError) || !error.code.startsWith('unsupported-')) throw error
    return { core: undefined, refusal: [{ code: 'no-image-input', message: error.message, hint: error.hint }] }
  }
}

/** Types and shapes for one photo; of a model without an image input, for its inputs as they are declared. */
export async function tensorInfoOf(model: Model, runtime: Runtime, explainer: () => Explainer): Promise<TensorInfo> {
  const { core } = explainerOf(explainer)
  if (core) return core.tensorInfo()
  const declared = model.graph.inputs.map(
    ({ name, shape = [] }) => [name, shape.map((dim) => (typeof dim === 'number' ? dim : 1))] as const,
  )
  return learnTensorInfo(model, runtime, Object.fromEntries(declared))
}

/** A network that does not run on zeros keeps the shapes that it declares. */
function onlyRefusals(error: unknown): undefined {
  if (!(error instanceof GradcamError)) throw error
}

/** Tries the usual preprocessings on photos. */
export async function checkInputOf(core: Explainer, known: KnownModel, photos: readonly Pixels[]): Promise<InputCheck> {
  if (photos.length === 0) throw badOption('no photo is given', 'give one or more photos of things that the network knows')
  if (cannotTell(known)) return verdictOf(undefined)
  const { channels, type, height, width } = core.imageInput
  const found = await core.preparation()
  const { values, channelOrder } = found.preparation
  const input = { height, width, channels, usual: { height: height ?? 224, width: width ?? 224 } }
  const ways = waysFor(channels, type)
  const tried: WayChecked[] = []
  for (const way of ways) {
    const { steps, values: own, channelOrder: order } = withOptions(found.preparation, way.options, input)
    const spec: Preprocessing = { steps: steps.value, ...own.value, channelOrder: order.value, layout: found.preprocessing.layout }
    const seen = []
    for (const photo of photos) seen.push(await core.sureness(preparedPhoto(core, photo, spec)))
    // numbers of boxes that are not understood are no scores
    const sure = seen.flatMap((each) => (each && (known.task.value !== 'detection' || each.of === 'box') ? [each] : []))
    if (sure.length < photos.length) return verdictOf(undefined)
    tried.push({
      ...way,
      sureness: sure.reduce((sum, { value }) => sum + value, 0) / sure.length,
      labels: sure.map(({ label }) => label),
      current: isSame(way, values.value, channelOrder.value),
    })
  }
  return verdictOf(tried)
}

/** Numbers that are no scores of classes tell nothing of sureness. */
const cannotTell = ({ task, outputs }: KnownModel): boolean =>
  ['regression', 'embedding', 'depth', 'keypoints', 'sequence'].includes(task.value ?? '') ||
  (task.source === 'assumed' && outputs.every(({ kind }) => kind.source === 'assumed'))

/**
 * What a user said of a model, as gradcam.json keeps it.
 *
 * @throws GradcamError `bad-option` where nothing was said
 */
export function settingsToSave(options: ModelOptions, saved: SavedOptions): SavedOptions {
  const merged = mergedSettings(saved, present(options))
  if (merged) return merged
  throw badOption(
    'there is nothing to keep: no option says anything of the model',
    'give what is to be kept: `mean`, `resize`, `labels`, `task` …',
  )
}

const present = (options: ModelOptions): SavedOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

/** Where a model's gradcam.json lies: where it was read, else beside the model, above a folder `onnx`. */
export const settingsPlace = ({ file, settings }: OpenedModel): string | undefined =>
  settings.get('gradcam.json')?.name ?? file?.replace(/(?:(?<=^|[\\/])onnx[\\/])?[^\\/]*$/, 'gradcam.json')
