/** @file A model as it is explained: what goes in is known, images come in batches, numbers are such that runtimes compute with them. */
import { warn, type Warning } from '../core/errors.ts'
import type { ImageLayout } from '../core/pixels.ts'
import type { Model } from '../graph/model.ts'
import { imageFactsWith } from './image-facts.ts'
import { withBatchAxis } from './batch-axis.ts'
import { withPlainChannels } from './blocked-channels.ts'
import { chooseImage, type ImageChoice } from './choose-image.ts'
import { oneAtATime } from './finished-outputs.ts'
import type { InputFacts } from './input.ts'
import { type InGraph, inGraph } from './in-graph.ts'
import { inputFacts } from './inputs.ts'
import { pixelMaskNotes } from './pixel-mask.ts'
import { withQuantisedMaps } from './quantised-maps.ts'
import { inSinglePrecision, isDouble } from './single-precision.ts'
import { sizeInputNotes } from './size-inputs.ts'
import { trainingNotes } from './training.ts'

/** The user's word on the input that takes the image. */
export interface InputOptions {
  /** Name of the input that takes the image. Default: the one that most speaks for. */
  imageInput?: string | undefined
  /** Where its channels are. Default: what the graph tells. */
  layout?: ImageLayout | undefined
}

/** A model that is ready to be explained. */
export interface Explainable extends ImageChoice {
  /** With a batch axis, without inputs that nobody reads. */
  model: Model
  /** The facts of all inputs of the model as it was given. */
  inputs: readonly InputFacts[]
  /** What the graph does to the image by itself. */
  inGraph: InGraph
  /** What a person should know of this. */
  notes: readonly Warning[]
}

/**
 * Makes a model ready.
 *
 * @throws GradcamError `unsupported-model` where no input takes an image, `bad-option` where the named one does not
 */
export function explainable(file: Model, { imageInput, layout }: InputOptions = {}): Explainable {
  const given = withPlainChannels(file)
  const found = inputFacts(given.graph)
  const { input: chosen, choice } = chooseImage(found, imageInput)
  const laid = layout === undefined ? chosen : { ...chosen, image: imageFactsWith(chosen, layout) }
  const input = oneAtATime(given, laid)
  const inputs = found.map((each) => (each === chosen ? input : each))
  const double = isDouble(given)
  const model = withQuantisedMaps(withBatchAxis(double ? inSinglePrecision(given) : given, inputs, input))
  const unused = new Set(inputs.filter(({ role }) => role.value === 'unused').map(({ name }) => name))
  const read = model.graph.inputs.filter(({ name }) => !unused.has(name))
  const channelsLast = input.image?.layout.value.endsWith('hwc') ?? false
  const graph = { ...model.graph, image: input.name, channelsLast, inputs: read }
  return {
    model: { ...model, graph },
    inputs,
    input,
    choice,
    inGraph: inGraph(given.graph, input),
    notes: [
      ...notesOf(input, choice),
      ...pixelMaskNotes(inputs),
      ...sizeInputNotes(inputs),
      ...trainingNotes(given.graph),
      ...(double ? doubleNote : []),
    ],
  }
}

const doubleNote = warn(
  'computed-in-float32',
  'the network computes in float64, for which the runtime has no convolutions: it was converted to float32',
  'numbers agree to about seven digits; export the network in float32 for the same numbers everywhere',
)

function notesOf({ name, image }: ImageChoice['input'], { source, otherwise = [] }: ImageChoice['choice']): Warning[] {
  const { layout } = image
  return [
    ...(source === 'assumed'
      ? warn(
          'image-input-assumed',
          `${[name, ...otherwise].join(' and ')} take images alike: ${name} is explained`,
          'name the other one: `imageInput`',
        )
      : []),
    ...(layout.source === 'assumed'
      ? warn(
          'layout-assumed',
          `${layout.from}: ${layout.value.toUpperCase()} was assumed for ${name}`,
          'say it with `layout`, or export the model with its shape',
        )
      : []),
  ]
}
