/** @file What a person should be warned of: scores, layers, inputs and maps that tell less than they seem to. */
import { warn, type Warning } from '../core/errors.ts'
import type { FeatureChoice, ReductionChoice } from '../graph/layers.ts'
import { type Preprocessing, valueRange } from '../model/preprocessing.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { extremes, firstNotFinite } from '../core/numbers.ts'
import { fits } from '../objective/class-scores.ts'
import type { NetworkInfo } from './state.ts'

/** A warning where the labels belong to something else than the outputs. */
export function diagnoseLabels({ labels, knownFrom }: Pick<NetworkInfo, 'labels' | 'knownFrom'>, classes: number): Warning[] {
  if (labels.length === 0 || fits(labels, classes)) return []
  const background = labels.length === classes - 1 ? '; many networks count a background first, which the list lacks' : ''
  return warn(
    'labels-mismatch',
    `${knownFrom?.['labels']?.from ?? 'the list of labels'} has ${labels.length} labels, the reduction layer has ${classes} channels: classes are shown by index`,
    `give \`labels\` that fit, or name another \`reductionLayer\`${background}`,
  )
}

/** A warning where the score is no number. */
export const diagnoseScore = (score: number): Warning[] =>
  Number.isFinite(score)
    ? []
    : warn(
        'score-not-finite',
        `the score is ${score}: there is nothing to explain`,
        'check the input and its preprocessing; an expression may divide by zero or take the logarithm of it',
      )

/** A warning where a class has a score at every place of a map, and the sum of them is explained. */
export function diagnosePlaces({ name, shape, axis }: ReductionChoice, label: string): Warning[] {
  const places = shape.filter((_, i) => i > 0 && i !== axis)
  if (places.every((dim) => dim === 1)) return []
  return warn(
    'score-of-places',
    `${name} has a score at each of ${places.join('×')} places: what is explained is their sum for ${label}`,
    'explain a region (`target: "region:CLASS"`), a box (`target: "box:CLASS"`) or one value (`target: "value:NAME[…]"`); see docs/targets.md',
  )
}

/** A warning where the choice of the feature layer is a guess. */
export function diagnoseLayer({ name, certain, doubt, runnersUp }: FeatureChoice): Warning[] {
  if (certain) return []
  const others = runnersUp.slice(0, 3).map((other) => other.name)
  return warn(
    'layer-uncertain',
    `the feature layer ${name} was guessed: ${doubt ?? 'the score also depends on the image past it'}`,
    others.length > 0 ? `compare with the \`featureLayer\` ${others.join(' or ')}` : 'name another `featureLayer`',
  )
}

/** A warning where a preprocessed tensor holds values that the network's own preprocessing would never make. */
export function diagnoseInput(values: Float32Array, spec: Preprocessing | undefined): Warning[] {
  const range = valueRange(spec, Math.max(1, spec?.mean.length ?? 0))
  if (!range) return barePixels(values)
  const [low, high] = extremes([...range.black, ...range.white])
  const [min, max] = extremes(values)
  const slack = 0.1 * (high - low)
  // values in a fiftieth of the range are pixels divided by 255 once too often
  if (min >= low - slack && max <= high + slack && max - min > 0.02 * (high - low)) return []
  const shown = (value: number): string => value.toPrecision(3)
  return warn(
    'input-range',
    `the tensor's values lie in ${shown(min)} … ${shown(max)}, images for this network in ${shown(low)} … ${shown(high)}`,
    'prepare the tensor as photos are: `inspect()` shows scale, mean and deviation; or give the photo itself',
  )
}

/** A warning where an image's tensor itself holds values that are no numbers. */
export function diagnoseFinite(tensor: Tensor): Warning[] {
  const values = toFloat32(tensor)
  const first = firstNotFinite(values)
  if (first < 0) return []
  const count = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0)
  const at = tensor.dims.map((dim, axis) => Math.floor(first / tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1)) % dim)
  return warn(
    'input-not-finite',
    `the image's tensor holds ${count} values that are NaN or infinite, the first at [${at.join(', ')}]`,
    'fill what is missing in the image before it is explained',
  )
}

/** Of a network of which nothing is known: pixels as they come out of a file, which few networks take. */
function barePixels(values: Float32Array): Warning[] {
  const [min, max] = extremes(values)
  if (!(min >= 0 && max > 25 && max <= 255)) return []
  return warn(
    'input-range',
    `the tensor's values lie in ${min.toPrecision(3)} … ${max.toPrecision(3)}, as pixels of a file do, and nothing says that this network takes them so`,
    'most networks want 0 … 1, less a mean, over a deviation: say what this one wants with `scale`, `mean` and `std`, or give the photo itself',
  )
}

/** Whether an image is compared with itself, or as good as: a cosine that float32 does not tell from 1 has no gradient but rounding. */
export const isToItself = (spec: unknown, score: number): boolean => isCosine(spec) && score >= 1 - 2.5e-7

function isCosine(spec: unknown): boolean {
  const { kind, measure = 'cosine' } = Object(spec) as { kind?: string; measure?: string }
  return kind === 'similar' && measure === 'cosine'
}

/** A warning where a cosine is as large as it can be. */
export function diagnoseSimilarity(spec: unknown, score: number): Warning[] {
  if (!isCosine(spec) || score < 1 - 1e-5) return []
  return warn(
    'similar-to-itself',
    'the image is as similar to the reference as can be: the gradient is zero there, and the map shows rounding',
    'give another image as the reference',
  )
}
