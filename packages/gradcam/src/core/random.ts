/** @file Random numbers that are the same everywhere: from a seed, by whole-number arithmetic. */
import { lastLayer, layers, tail } from './ziggurat.ts'

/** Numbers of one stream. */
export interface Random {
  /** In [0, 1), with 32 random bits. */
  uniform(): number
  /** Standard normal. */
  normal(): number
  /** That many normal numbers of mean 0: the same in one go as in several. */
  normals(count: number, deviation: number): Float32Array
  /** A whole number from 0 to `below` − 1. */
  below(below: number): number
}

const step = 0x6d2b79f5

/**
 * A stream of random numbers (mulberry32, which mixes a counter). Equal seeds and stream numbers give equal numbers in Node and in browsers.
 *
 * @param stream tells the streams of one seed apart: item 7 of a batch gets the same numbers wherever its batch begins
 */
export function randomOf(seed: number, stream = 0): Random {
  let state = mixed(seed ^ Math.imul(stream + 1, 0x9e3779b9))
  const uniform = (): number => {
    state = (state + step) | 0
    return (mixed(state) >>> 0) / 2 ** 32
  }
  const { edges, widths } = layers
  const normals: Random['normals'] = (count, deviation) => {
    const values = new Float32Array(count)
    for (let i = 0; i < count; ) {
      state = (state + step) | 0
      const bits = mixed(state)
      // a layer, and a place in it with a sign: 7 and 25 bits that have nothing in common
      const layer = bits & lastLayer
      const place = bits >> 7
      let x: number | undefined = place * (widths[layer] as number)
      // seldom
      if (Math.abs(place) >= (edges[layer] as number)) x = tail(layer, x, uniform)
      if (x !== undefined) values[i++] = deviation * x
    }
    return values
  }
  return { uniform, normal: () => normals(1, 1)[0] as number, normals, below: (below) => Math.floor(uniform() * below) }
}

/** 32 bits mixed so that neighbours have nothing in common. */
function mixed(bits: number): number {
  let t = Math.imul(bits ^ (bits >>> 15), 1 | bits)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return t ^ (t >>> 14)
}
