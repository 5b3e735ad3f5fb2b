/** @file How a photo becomes a network's input, fact by fact: the user's word, files beside the model, the graph, convention. */
import { type Warning, warn } from '../core/errors.ts'
import type { Size } from '../core/pixels.ts'
import { defaultPreprocessing, finalSize, type Preprocessing } from '../model/preprocessing.ts'
import { describeSteps } from './describe.ts'
import { type Fact, fact, type FactSource } from './fact.ts'
import { fitted } from './fit.ts'
import type { InGraph } from './in-graph.ts'
import { type PreparationOptions, withOptions } from './preparation-options.ts'
import { type SavedPreparation, withSaved } from './saved-preparation.ts'
import { rangeText, sameValues, type Values, valuesText } from './values.ts'

/** How a photo becomes the input. Plain data: JSON holds it. */
export interface Preparation {
  /** Absent: bytes as they are. */
  window?: Fact<NonNullable<Preprocessing['window']>>
  steps: Fact<Preprocessing['steps']>
  values: Fact<Values>
  channelOrder: Fact<Preprocessing['channelOrder']>
}

/** A place that says how photos are prepared. */
export interface PreparationSource {
  source: 'stated' | 'class' | 'convention'
  /** What it is called: `preprocessor_config.json`. */
  from: string
  preprocessing: Preprocessing
  /** Fields that a file leaves to the class which it names. */
  defaults?: readonly string[]
  /** Where nothing is said of the way to the input's size. */
  valuesAlone?: true
}

/** Everything that may tell. */
export interface PreparationPlaces {
  given: PreparationOptions
  /** What gradcam.json says: weaker than `given`, stronger than everything else. */
  saved?: SavedPreparation | undefined
  /** The strongest first. */
  sources: readonly PreparationSource[]
  inGraph: InGraph
  /** The image input: sides that are undefined are free. */
  input: { height: number | undefined; width: number | undefined; channels: number }
  /** The size that photos get where neither a file nor the user says it. */
  size: Fact<Size>
}

/** What was found, as one value and fact by fact; what contradicts it, and what is assumed. */
export interface KnownPreparation {
  preprocessing: Preprocessing
  preparation: Preparation
  /** Whether the steps hang on the size that photos get where nothing says it. */
  asksSize: boolean
  warnings: readonly Warning[]
}

/**
 * How photos are prepared. The user's word is final, then what gradcam.json and other files say; what the graph does by itself is not done twice.
 *
 * @throws GradcamError `bad-option` for options that cannot be, `model-invalid` where they are those of gradcam.json
 */
export function preparationOf(places: PreparationPlaces): KnownPreparation {
  const { sources, input, size } = places
  const { preparation, warnings } = prepared(places)
  const { steps, values, channelOrder } = preparation
  const asksSize =
    JSON.stringify(steps.value) !== JSON.stringify(prepared({ ...places, size: anotherSize(places) }).preparation.steps.value)
  const unsaidSize = asksSize && size.source === 'assumed' ? size.value : undefined
  return {
    preparation,
    preprocessing: {
      ...(preparation.window ? { window: preparation.window.value } : {}),
      steps: steps.value,
      ...values.value,
      channelOrder: channelOrder.value,
      layout: sources[0]?.preprocessing.layout ?? 'nchw',
    },
    asksSize,
    warnings: [...contradictions(sources), ...warnings, ...assumed(preparation, input.channels, unsaidSize)],
  }
}

/** Free sides of another length. */
const anotherSize = ({ input, size }: PreparationPlaces): Fact<Size> =>
  fact({ height: input.height ?? size.value.height + 1, width: input.width ?? size.value.width + 1 }, size.source, size.from)

function prepared({ given, saved, sources, inGraph, input, size }: PreparationPlaces): {
  preparation: Preparation
  warnings: readonly Warning[]
} {
  const [stated] = sources
  const usual = unstated(inGraph, input, size)
  const said = stated ? ofSource(stated) : usual
  const found = stated?.valuesAlone ? { ...said, steps: usual.steps } : said
  const once = notTwice(found, stated, inGraph)
  const shape = { ...input, usual: size.value }
  const kept = saved ? withSaved(once.preparation, saved, shape) : once.preparation
  const sized = fitted(kept.steps, input)
  const preparation = withOptions({ ...kept, steps: sized.steps }, given, shape)
  const { steps, values } = preparation
  return {
    preparation,
    warnings: [...(values === once.preparation.values ? once.warnings : []), ...(steps.source === 'given' ? [] : sized.warnings)],
  }
}

function ofSource({ source, from, preprocessing, defaults = [] }: PreparationSource): Preparation {
  const { steps, scale, mean, std, channelOrder } = preprocessing
  const of = (fields: readonly string[]): [FactSource, string] => {
    const absent = fields.filter((field) => defaults.includes(field))
    return absent.length === 0 ? [source, from] : ['class', `${from}, whose defaults are ${absent.join(', ')}`]
  }
  return {
    steps: fact(steps, ...of(['size', 'crop_size', 'pad_size'])),
    values: fact({ scale, mean, std }, ...of(['image_mean', 'image_std'])),
    channelOrder: fact(channelOrder, source, from),
  }
}

/** Without a word from anywhere: what the graph tells, else what most ImageNet networks want. */
function unstated({ values, order, resizes }: InGraph, { channels, ...sides }: PreparationPlaces['input'], size: Fact<Size>): Preparation {
  // what resizes an input whose size is fixed does not take photos of any size
  const takesAny = resizes && (sides.height === undefined || sides.width === undefined)
  const usual = defaultPreprocessing({ ...size.value, channels })
  const { scale, mean, std } = values?.value ?? usual
  return {
    steps: takesAny
      ? fact([], 'graph', 'the graph resizes by itself')
      : fact(usual.steps, 'assumed', `the whole photo, squeezed; ${size.from}`),
    values: fact({ scale, mean, std }, values?.source ?? 'assumed', values?.from ?? 'what most networks for ImageNet want'),
    channelOrder: fact(order?.value ?? 'rgb', order?.source ?? 'assumed', order?.from ?? 'what most networks want'),
  }
}

/** A file that normalises, where the graph does so by itself: the graph's own is the one that cannot be left out. */
function notTwice(
  preparation: Preparation,
  stated: PreparationSource | undefined,
  { values, rescales, normalises }: InGraph,
): { preparation: Preparation; warnings: readonly Warning[] } {
  if (!stated || values?.source !== 'graph' || !(rescales || normalises || values.value.name === '0…255'))
    return { preparation, warnings: [] }
  const { scale, mean, std } = values.value
  if (sameValues(preparation.values.value, { scale, mean, std })) return { preparation, warnings: [] }
  return {
    preparation: { ...preparation, values: fact({ scale, mean, std }, 'graph', values.from) },
    warnings: warn(
      'preprocessing-contradicts',
      `${stated.from} scales pixels to ${rangeText(preparation.values.value)}, the graph takes ${values.value.name}: ${values.from}`,
      'the graph is followed; give `scale`, `mean` and `std` to say otherwise',
    ),
  }
}

/** Two files that disagree: both are named, the first is taken. */
function contradictions(sources: readonly PreparationSource[]): Warning[] {
  const [taken, ...others] = sources
  if (!taken) return []
  return others.flatMap(({ from, preprocessing }) => {
    const [a, b] = [finalSize(taken.preprocessing), finalSize(preprocessing)]
    const differences = [
      ...(sameValues(taken.preprocessing, preprocessing)
        ? []
        : [`pixels in ${rangeText(taken.preprocessing)} and ${rangeText(preprocessing)}`]),
      ...(a && b && (a.width !== b.width || a.height !== b.height) ? [`${a.width}×${a.height} and ${b.width}×${b.height} pixels`] : []),
    ]
    if (differences.length === 0) return []
    return warn(
      'preprocessing-contradicts',
      `${taken.from} and ${from} disagree: ${differences.join('; ')}`,
      `${taken.from} is taken; remove the wrong one`,
    )
  })
}

/** What nothing says, with the options that say it. */
function assumed({ steps, values, channelOrder }: Preparation, channels: number, size: Size | undefined): Warning[] {
  const parts = [
    ...(steps.source === 'assumed' ? [describeSteps(steps.value)] : size ? [`${size.width}×${size.height} pixels`] : []),
    ...(values.source === 'assumed' ? [`${valuesText(values.value)} for pixels`] : []),
    ...(channels === 3 && channelOrder.source === 'assumed' ? [channelOrder.value.toUpperCase()] : []),
  ]
  if (parts.length === 0) return []
  return warn(
    'preprocessing-assumed',
    `nothing says how photos are prepared for this network; assumed: ${parts.join(', ')}`,
    'say how with `preprocessing`, `size`, `resize`, `crop`, `scale`, `mean`, `std` or `channels`; `checkInput()` compares the usual ways',
  )
}
