/** @file What a raw map says less of than it seems to: nothing, rounding, no numbers, one sign. Each method has its own way out. */
import { warn, type Warning } from '../core/errors.ts'
import { extremes, firstNotFinite } from '../core/numbers.ts'
import { isGraphMethod, type Method } from '../method/definition.ts'
import type { PostProcessing } from '../method/post.ts'

/** What a map was made of. */
export interface MapSituation {
  method: Pick<Method, 'family' | 'gradient'> & Partial<Method>
  post: Pick<PostProcessing, 'activation'>
  /** What is explained, and the feature layer. */
  label: string
  feature: string
  /** The layer that is looked at, by places: one place has no map. */
  places: number
  /** Whether values are rounded to whole numbers on the way of the gradient. */
  quantised: boolean
  /** The function that makes probabilities of the scores that are explained, and what it makes them of. */
  probability: { operator: string; logits: string } | undefined
  /** How far the score could move with what it was differentiated by, and the size of what it is made of. */
  moves?: number | undefined
  scale?: number | undefined
  /** The score, where it is a probability that a sigmoid made: that of a class, or of a box. */
  sure?: number | undefined
  /** Whether the method saw the score stay as it was, whatever it changed. */
  unmoved?: boolean | undefined
  /** Whether the score of what is explained was seen to be the same all over the picture. */
  fixed?: boolean | undefined
  /** Whether the image is compared with itself, or as good as. */
  toItself?: boolean
}

/** What is to be said of a map, and whether there is anything to draw. */
export interface Doubt {
  warnings: readonly Warning[]
  /** There is nothing in the map: it is drawn as nothing. */
  nothing: boolean
}

/** What a map is made of: gradients of the score, scores of a changed image, scores of changed features, or features alone. */
function sourceOf({ method }: MapSituation): 'gradient' | 'image' | 'features' | 'alone' {
  if (method.gradient) return 'gradient'
  if (method.family !== 'cam') return 'image'
  return isGraphMethod(method as Method) ? 'alone' : 'features'
}

// measured on constant and on ordinary scores: those are below 300 parts in 2²³, these above 10 000
const rounding = 512 * 2 ** -23

/**
 * Whether a gradient is zero but for rounding: all that it was taken by could move the score by no more than the score's own digits
 * tell. The gradient of a softmax keeps its digits, however small it is, and so does that of a sigmoid: the room that is left to 1.
 */
const isRounding = ({ moves, scale, sure = 0, probability, toItself = false }: MapSituation): boolean =>
  toItself ||
  (moves !== undefined && scale !== undefined && scale > 0 && moves <= rounding * scale * (1 - sure) && probability?.operator !== 'Softmax')

/** What is to be said of a raw map. */
export function doubtOf(raw: Float32Array, situation: MapSituation): Doubt {
  const [min, max] = extremes(raw)
  if (firstNotFinite(raw) >= 0) {
    const hint = 'check the input and its preprocessing; float16 models may overflow'
    return { warnings: warn('map-not-finite', 'the map holds NaN or infinity: nothing of it is drawn', hint), nothing: true }
  }
  if ((min === 0 && max === 0) || situation.unmoved) return { warnings: zeroMap(situation), nothing: true }
  if (isRounding(situation)) return { warnings: roundedMap(situation), nothing: true }
  if (max <= 0 && situation.post.activation === 'relu') return { warnings: negativeMap, nothing: false }
  return { warnings: min === max ? constantMap(situation) : [], nothing: false }
}

const negativeMap = warn(
  'map-negative',
  'no place speaks for what is explained: the map has only negative evidence, which relu removes',
  "explain another class, or keep negative evidence: `activation: 'none'` or `activation: 'abs'`",
)

/** The way out where probabilities have nothing left to say. */
const explainLogits = ({ operator, logits }: NonNullable<MapSituation['probability']>): string =>
  `explain what goes into the ${operator}: a class of \`reductionLayer: '${logits}'\`, or \`target: "expression:${logits}[…]"\``

/** Where a gradient dies, and what needs none. */
const followPath =
  '`path` shows where the gradient becomes zero; a feature layer behind that place has a map, and occlusion needs no gradient'

function zeroMap(situation: MapSituation): Warning[] {
  const { label, feature, quantised, probability, method, moves, scale, unmoved, fixed } = situation
  const said = (why: string, hint: string): Warning[] =>
    warn('map-zero', `${unmoved ? 'the map says nothing' : 'the map is zero everywhere'}: ${why}`, hint)
  switch (sourceOf(situation)) {
    case 'image':
      return said('no sample changed the score', 'give a photo with more in it, another fill or baseline, or explain another class')
    case 'features':
      return said(
        `no change of the features at ${feature} changed the score, or they are zero`,
        'choose another feature layer, or explain another class',
      )
    case 'alone':
      return said(`the features at ${feature} are zero, or their weights are`, 'choose another feature layer')
    case 'gradient': {
      if (moves !== undefined && scale !== undefined && moves > rounding * scale)
        return said(
          `what ${method.name ?? 'the method'} keeps of the gradient is zero`,
          'compare with grad-cam or saliency, or explain another class',
        )
      const at = method.family === 'cam' ? `at ${feature}` : 'at the image'
      if (quantised)
        return said(
          `the gradient of ${label} is zero ${at}: a quantised network cuts off what lies beyond its range`,
          'use a method without gradients: recipro-cam, occlusion; or name a `reductionLayer` in front of the last QuantizeLinear',
        )
      if (probability)
        return said(
          `the gradient of ${label} is zero ${at}: the ${probability.operator} is saturated, or its probabilities are summed to 1`,
          explainLogits(probability),
        )
      return said(
        `the gradient of ${label} is zero ${at}: the score does not depend on it there`,
        fixed ? 'explain another class' : followPath,
      )
    }
  }
}

function roundedMap({ label, probability, toItself = false, quantised }: MapSituation): Warning[] {
  // said by `similar-to-itself`
  if (toItself) return []
  const why = `the gradient of ${label} is zero but for rounding: nothing that it was taken by moves the score`
  if (probability) return warn('map-rounding', `${why}; nothing is drawn`, explainLogits(probability))
  const hint =
    'the score is the same for all pictures, as the sum over all that a LayerNormalization or a softmax puts out is, or it is saturated: explain one class or one component'
  return warn('map-rounding', `${why}; nothing is drawn`, quantised ? 'use a method without gradients: recipro-cam, occlusion' : hint)
}

function constantMap(situation: MapSituation): Warning[] {
  const said = (hint: string): Warning[] => warn('map-constant', 'the map is the same everywhere', hint)
  if (sourceOf(situation) === 'image') return said('give a photo with more in it, another fill or baseline, or explain another class')
  if (situation.method.family !== 'cam') return said('give a photo with more in it, or explain another class')
  return situation.places === 1
    ? said('choose an earlier feature layer, with more places')
    : said(`the features at ${situation.feature} are alike everywhere: give a photo with more in it, or choose an earlier feature layer`)
}

/** A warning where the probability that is differentiated has nothing left to say. */
export function diagnoseSaturation({ probability, moves, scale }: MapSituation, score: number, single: boolean): Warning[] {
  if (!probability) return []
  const { operator } = probability
  const still = moves !== undefined && scale !== undefined && moves < 1e-3 * scale
  if (!(single && score >= 0.999 && score <= 1.0001) && !(still && score > 0.9)) return []
  const said = [
    `the ${operator.toLowerCase()} is saturated (${score.toFixed(4)}): hardly anything moves it, and its gradient is next to nothing`,
    `explain the logits: ${explainLogits(probability).replace('explain ', '')}`,
  ] as const
  return operator === 'Softmax' ? warn('softmax-saturated', ...said) : warn('sigmoid-saturated', ...said)
}
