/** @file Random numbers that are the same everywhere: from a seed, by whole-number arithmetic. */

/** Numbers of one stream. */
export interface Random {
  /** In [0, 1), with 32 random bits. */
  uniform(): number
  /** Standard normal. */
  normal(): number
  /** A whole number from 0 to `below` − 1. */
  below(below: number): number
}

/**
 * A stream of random numbers (mulberry32). Equal seeds and stream numbers give equal numbers in Node and in browsers.
 *
 * @param stream tells the streams of one seed apart: item 7 of a batch gets the same numbers wherever its batch begins
 */
export function randomOf(seed: number, stream = 0): Random {
  let state = mixed(seed ^ Math.imul(stream + 1, 0x9e3779b9))
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    return mixed(state) / 2 ** 32
  }
  let spare: number | undefined
  return {
    uniform,
    normal() {
      if (spare !== undefined) {
        const value = spare
        spare = undefined
        return value
      }
      // Marsaglia's polar method: no sine, whose last digit engines may not share
      let [a, b, length] = [0, 0, 0]
      do {
        a = 2 * uniform() - 1
        b = 2 * uniform() - 1
        length = a * a + b * b
      } while (length >= 1 || length === 0)
      const scale = Math.sqrt((-2 * Math.log(length)) / length)
      spare = b * scale
      return a * scale
    },
    below: (below) => Math.floor(uniform() * below),
  }
}

/** 32 bits mixed so that neighbours have nothing in common; as a whole number from 0. */
function mixed(bits: number): number {
  let t = Math.imul(bits ^ (bits >>> 15), 1 | bits)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return (t ^ (t >>> 14)) >>> 0
}
