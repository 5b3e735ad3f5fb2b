/** @file Score-CAM: each channel weighted by the score of the image seen through that channel. */
import { stacked } from '../../core/batch.ts'
import { extremes, product, softmax } from '../../core/numbers.ts'
import type { Size } from '../../core/pixels.ts'
import { changeOf, changeOption } from '../convergence.ts'
import { unmoved } from '../unmoved.ts'
import { defineMethod } from '../definition.ts'
import { upsampled } from '../post.ts'
import { type Corners, interpolation } from '../../image/interpolation.ts'
import type { ForwardResult } from '../../run/run-context.ts'
import { addChannel } from './weighted-sum.ts'
import { choiceOption, wholeOption } from '../options.ts'

const corners = ['half-pixel', 'align'] as const satisfies readonly Corners[]
// channels between two comparisons of the map
const checkEvery = 64
const scaledAt = ['image', 'features'] as const

/**
 * L = Σ_k s_k A_k with s = softmax over k of y(x ⊙ M_k), M_k the channel A_k resized to the image and scaled to 0 … 1
 * (Wang et al., CVPR Workshops 2020, arXiv:1910.01279, algorithm 1). A baseline that is taken from every score changes
 * nothing under the softmax. The masks are made in the graph: what is fed is a channel of the features.
 */
export const scoreCam = defineMethod({
  name: 'score-cam',
  title: 'Score-CAM',
  family: 'cam',
  source: 'Wang et al. 2020, arXiv:1910.01279',
  cost: '1 + channels',
  options: {
    tolerance: changeOption(`the last ${checkEvery} channels, in the order of their variance,`),
    channelCount: wholeOption(0, [0, 65536], 'only that many, those of largest variance; 0: all'),
    corners: choiceOption('half-pixel', corners, 'how masks are resized: where the corners of both grids lie'),
    scaled: choiceOption('image', scaledAt, 'where masks are scaled to 0 … 1: at the size of the image or of the features'),
  },
  async run(context, { tolerance, channelCount, corners: aligned, scaled }) {
    const features = await context.forwardResult()
    const { height, width } = features
    const chosen = channelsOf(features, channelCount, tolerance > 0)
    const forward = await context.forward({
      key: 'masked',
      feeds: { channel: { shape: [1, height, width], each: true } },
      image: (g, image, fed) => g.mul(image, upsampled(g, fed('channel'), context.image, 'bilinear', aligned)),
    })
    const range = scaled === 'features' ? extremes : resizedRange(features, context.image, aligned)
    const scores = new Float32Array(chosen.length)
    const mapOf = (count: number): Float32Array => {
      const map = new Float32Array(height * width)
      softmax(scores.subarray(0, count)).forEach((weight, i) => addChannel(map, features.activations, chosen[i] as number, weight))
      return map
    }
    let data: Float32Array = new Float32Array(height * width)
    let used = chosen.length
    await forward.each(
      chosen.length,
      (from, size) => {
        const places = height * width
        const channel = new Float32Array(size * places)
        for (let i = 0; i < size; i++) {
          const start = (chosen[from + i] as number) * places
          scale(features.activations.subarray(start, start + places), channel.subarray(i * places, (i + 1) * places), range)
        }
        return { channel }
      },
      ({ score = new Float32Array() }, from, size) => {
        scores.set(score, from)
        if (tolerance === 0) return undefined
        // the map is compared after the same channels for every batch size
        for (let seen = checkEvery * Math.ceil((from + 1) / checkEvery); seen <= from + size; seen += checkEvery) {
          const map = mapOf(seen)
          const change = changeOf(data, map)
          data = map
          if (seen === checkEvery || change > tolerance) continue
          used = seen
          return 'stop'
        }
        return undefined
      },
    )
    // what is left then is the mean of the channels, of no class
    const still = await unmoved(context, [features.score, ...scores.subarray(0, used)])
    const details = tolerance > 0 ? { channels: used, converged: used < chosen.length } : undefined
    return { width, height, data: mapOf(used), unmoved: still, ...(details ? { details } : {}) }
  },
})

type Range = (channel: Float32Array) => readonly [low: number, high: number]

/** (A − low)/(high − low): resizing keeps it so, as the weights of every pixel sum to 1. A constant channel becomes zeros. */
function scale(channel: Float32Array, scaled: Float32Array, rangeOfMask: Range): void {
  const [low, high] = rangeOfMask(channel)
  for (let i = 0; i < channel.length; i++) scaled[i] = high > low ? ((channel[i] as number) - low) / (high - low) : 0
}

/**
 * The range that a channel has once it is resized. Between the centres of neighbouring places the mask is linear along
 * each axis, so that it is largest at the first or last pixel between two of them: the others are not looked at.
 */
function resizedRange({ height: h, width: w }: Size, { height, width }: Size, aligned: Corners): Range {
  const rows = edges(interpolation(h, height, 'bilinear', aligned), h)
  const columns = edges(interpolation(w, width, 'bilinear', aligned), w)
  return (channel) => {
    // a constant is one however its weights round
    const [min, max] = extremes(channel)
    return max > min ? extremes(product(rows, product(columns, channel, w), h)) : [min, min]
  }
}

/** Of the rows of an interpolation matrix those that are the first or the last to draw on the same places. */
function edges(matrix: Float32Array, from: number): Float32Array {
  const rows = Array.from({ length: matrix.length / from }, (_, row) => matrix.subarray(row * from, (row + 1) * from))
  const places = rows.map((row) => Array.from(row, (weight) => weight !== 0).join())
  return stacked(rows.filter((_, i) => places[i] !== places[i - 1] || places[i] !== places[i + 1]))
}

/** All channels, or the `count` of largest variance over places; those, and all where they are sorted, the largest first. */
function channelsOf({ activations, channels, height, width }: ForwardResult, count: number, sorted: boolean): number[] {
  const all = Array.from({ length: channels }, (_, k) => k)
  const some = count > 0 && count < channels
  if (!some && !sorted) return all
  const places = height * width
  const variances = all.map((k) => {
    let [sum, squares] = [0, 0]
    for (let i = k * places; i < (k + 1) * places; i++) sum += activations[i] as number
    for (let i = k * places; i < (k + 1) * places; i++) squares += ((activations[i] as number) - sum / places) ** 2
    return squares / places
  })
  return all.sort((a, b) => (variances[b] as number) - (variances[a] as number) || a - b).slice(0, some ? count : channels)
}
