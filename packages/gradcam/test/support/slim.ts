/** @file Slimmed networks of real frameworks and their own answers, in test/fixtures/slim: scripts/slim makes them. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../fixtures/slim/', import.meta.url)

/** Numbers of a small tensor, or of a large one some of them, and how large they are. */
export type Numbers = readonly number[] | { norm: number; largest: number; at: readonly number[]; values: readonly number[] }

export interface SlimTruth {
  of: string
  exporter: string
  input: { name: string; layout: 'nchw' | 'nhwc'; size: readonly [number, number] }
  task: string
  answer: string
  /** Axis and number of the classes of the answer. */
  classes: { axis: number; count: number } | null
  output: string
  logits: Numbers
  /** The network ends in a softmax; `logits` stand before it. */
  probabilities?: boolean
  /** What is explained: the best class, or a target in words; and the position of the number in the output, or none. */
  score: { target: number | string; element: readonly number[] | null; value: number }
  layer: { tensor: string; grid: readonly number[]; grids: readonly (readonly number[])[]; cam: Numbers }
  /** With respect to the picture; none where a tool changed the numbers. */
  gradient?: Exclude<Numbers, readonly number[]>
  labels?: readonly string[]
  preprocessing?: { mean: readonly number[]; std: readonly number[] }
  boxes?: readonly { label: string; score: number; box: readonly number[] }[]
  shares?: readonly number[]
}

/** Path of one network's folder. */
export const slimFolder = (name: string): string => fileURLToPath(new URL(name, root))

export const slimNames: readonly string[] = readdirSync(root).toSorted()

/** What is right of one network. */
export const slimTruth = (name: string): SlimTruth => JSON.parse(readFileSync(new URL(`${name}/truth.json`, root), 'utf8')) as SlimTruth
