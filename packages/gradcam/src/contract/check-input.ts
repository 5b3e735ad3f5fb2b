/** @file With which of the usual preprocessings is a network surest? That is a hint of what it was trained with, and no more. */
import type { PreparationOptions } from './preparation-options.ts'
import { levelWith, type Values } from './values.ts'

/** Values that networks are trained with, in words, and as options of `load`. */
export interface Way {
  name: string
  options: Pick<PreparationOptions, 'scale' | 'mean' | 'std' | 'channels'>
}

/** One way, tried on photos. */
export interface WayChecked extends Way {
  /** Mean over the photos of how sure the network is, 0 … 1. */
  sureness: number
  /** What it is surest of, photo by photo. */
  labels: readonly string[]
  /** Whether photos are prepared so now. */
  current: boolean
}

/** What was tried, the surest first. */
export interface InputCheck {
  /** Whether the first is clearly surer than all others. */
  clear: boolean
  /** In words, claiming no more than that. */
  verdict: string
  ways: readonly WayChecked[]
}

const imagenet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
const clip = { scale: 1 / 255, mean: [0.4815, 0.4578, 0.4082], std: [0.2686, 0.2613, 0.2758] }
const caffe = [103.939, 116.779, 123.68]
const unit = { scale: 1 / 255, mean: 0, std: 1 }
const signed = { scale: 1 / 127.5, mean: 1, std: 1 }
const levels = { scale: 1, mean: 0, std: 1 }

/** The usual ways for an input of three channels. */
const ofColours: readonly Way[] = [
  { name: "RGB, 0 … 1, ImageNet's mean and deviation (torchvision)", options: { ...imagenet, channels: 'rgb' } },
  { name: 'RGB, 0 … 1', options: { ...unit, channels: 'rgb' } },
  { name: 'BGR, 0 … 1', options: { ...unit, channels: 'bgr' } },
  { name: 'RGB, −1 … 1 (inception)', options: { ...signed, channels: 'rgb' } },
  { name: 'BGR, −1 … 1', options: { ...signed, channels: 'bgr' } },
  { name: "BGR, 0 … 255 less ImageNet's mean (caffe)", options: { scale: 1, mean: caffe, std: 1, channels: 'bgr' } },
  { name: "RGB, 0 … 255 less ImageNet's mean", options: { scale: 1, mean: caffe.toReversed(), std: 1, channels: 'rgb' } },
  { name: "RGB, 0 … 1, CLIP's mean and deviation (clip)", options: { ...clip, channels: 'rgb' } },
  { name: 'RGB, 0 … 255 (none)', options: { ...levels, channels: 'rgb' } },
  { name: 'BGR, 0 … 255', options: { ...levels, channels: 'bgr' } },
]

/** Of whole numbers: pixels as they are. */
const ofLevels: readonly Way[] = [
  { name: 'RGB, 0 … 255 (none)', options: { ...levels, channels: 'rgb' } },
  { name: 'BGR, 0 … 255', options: { ...levels, channels: 'bgr' } },
]

/** Of signed whole numbers. */
const ofCentred: readonly Way[] = [
  { name: 'RGB, −128 … 127', options: { scale: 1, mean: 128, std: 1, channels: 'rgb' } },
  { name: 'BGR, −128 … 127', options: { scale: 1, mean: 128, std: 1, channels: 'bgr' } },
]

const ofGrey: readonly Way[] = [
  { name: '0 … 1', options: unit },
  { name: '0 … 1, black and white exchanged', options: { scale: -1 / 255, mean: -1, std: 1 } },
  { name: '−1 … 1', options: signed },
  { name: '0 … 255', options: levels },
]

const ofGreyLevels: readonly Way[] = [
  { name: '0 … 255', options: levels },
  { name: '0 … 255, black and white exchanged', options: { scale: -1, mean: -255, std: 1 } },
]

const ofGreyCentred: readonly Way[] = [
  { name: '−128 … 127', options: { scale: 1, mean: 128, std: 1 } },
  { name: '−128 … 127, black and white exchanged', options: { scale: -1, mean: -127, std: 1 } },
]

/** The ways to try for an input of an element type. */
export function waysFor(channels: number, type: string): readonly Way[] {
  const grey = channels === 1
  if (type === 'int8') return grey ? ofGreyCentred : ofCentred
  if (type.includes('int')) return grey ? ofGreyLevels : ofLevels
  return grey ? ofGrey : ofColours
}

const asList = (value: number | readonly number[] | undefined): readonly number[] =>
  value === undefined ? [] : typeof value === 'number' ? [value] : value

/** Whether a way makes the same values, to a few parts in a hundred: means of ImageNet are written in several ways. */
export function isSame({ options }: Way, values: Values, channelOrder: string): boolean {
  if (options.channels !== undefined && options.channels !== channelOrder) return false
  const own: Values = { scale: options.scale ?? 1, mean: asList(options.mean), std: asList(options.std) }
  const spread = Math.abs(levelWith(own, 255, 0) - levelWith(own, 0, 0))
  return [0, 1, 2].every((c) => [0, 255].every((level) => Math.abs(levelWith(own, level, c) - levelWith(values, level, c)) < 0.03 * spread))
}

/** Log-odds, which tell 0.98 from 0.999. */
function oddsOf(sureness: number): number {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, sureness))
  return Math.log(p / (1 - p))
}

// 0.5 against 0.62, or 0.95 against 0.97
const clearly = 0.5

/** Orders what was tried, and says what it tells. `undefined`: the network does not tell how sure it is. */
export function verdictOf(tried: readonly WayChecked[] | undefined): InputCheck {
  if (!tried) {
    const verdict = 'cannot tell: the answers of this network are no probabilities, so nothing shows how sure it is'
    return { clear: false, verdict, ways: [] }
  }
  const ways = tried.toSorted((a, b) => b.sureness - a.sureness)
  const [first, second] = ways as [WayChecked, WayChecked | undefined]
  const clear = !second || oddsOf(first.sureness) - oddsOf(second.sureness) >= clearly
  const now = first.current ? ', as photos are prepared now' : ''
  const verdict = clear
    ? `the network is surest with ${first.name}${now}: a hint of how it was trained, not a proof`
    : `cannot tell: the network is about as sure with ${second.name} as with ${first.name}; try other photos of things that it knows`
  return { clear, verdict, ways }
}
