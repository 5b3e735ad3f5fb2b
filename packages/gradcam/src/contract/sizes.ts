/** @file The size of a photo for an input that leaves it free: sizes are tried until the network runs. */
import type { Size } from '../core/pixels.ts'
import type { Model } from '../graph/model.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Fact, fact } from './fact.ts'
import { type SizedInput, type Trial, withTrial } from './trial.ts'

/** The side of an image where nothing tells it. */
export const usualSide = 224
// the likeliest first; after them small ones, which cost little, before large ones
const sides = [
  usualSide,
  256,
  299,
  384,
  32,
  48,
  64,
  96,
  112,
  128,
  160,
  192,
  227,
  229,
  240,
  260,
  288,
  300,
  320,
  336,
  416,
  448,
  512,
  518,
  640,
]
// lines of text, people, faces: rows and columns
const oblong = [
  [32, 100],
  [32, 128],
  [32, 320],
  [48, 192],
  [48, 320],
  [64, 256],
  [64, 128],
  [128, 64],
  [256, 128],
  [112, 96],
  [256, 192],
  [384, 128],
  [240, 320],
  [480, 640],
] as const
/** Of a line of text, whose height alone is fixed. */
const lineWidth = 320
// a line of text is not higher than this
const highestLine = 64

/**
 * The size that photos get: the declared one, or the first that the network runs with on zeros.
 *
 * @param model one that is ready to be explained
 */
export async function findSize(model: Model, runtime: Runtime, input: SizedInput): Promise<Fact<Size>> {
  const { height, width } = input
  if (height !== undefined && width !== undefined) return fact({ height, width }, 'stated', 'the declared shape')
  return (await withTrial(model, runtime, input, (works) => search(works, input))) ?? untried(input)
}

const untried = ({ height, width }: SizedInput): Fact<Size> =>
  fact({ height: height ?? usualSide, width: width ?? usualSide }, 'assumed', 'nothing tells a size')

async function search(works: Trial, input: SizedInput): Promise<Fact<Size>> {
  const tried: string[] = []
  for (const size of candidates(input)) {
    if (await works(size)) {
      if (tried.length === 0) return fact(size, 'assumed', `${textOf(size)} runs, and nothing asks for another size`)
      const from = `the network runs with ${textOf(size)}, but not with ${tried.slice(0, 3).join(', ')}`
      return line(works, input, size, from)
    }
    tried.push(textOf(size))
  }
  return untried(input)
}

const textOf = ({ height, width }: Size): string => `${width}×${height}`

/** Sizes to try, the likeliest first. */
function candidates({ height, width }: SizedInput): Size[] {
  if (height !== undefined) return unique([height > highestLine ? height : lineWidth, ...sides]).map((side) => ({ height, width: side }))
  if (width !== undefined) return unique([width, ...sides]).map((side) => ({ height: side, width }))
  return [...sides.map((side) => ({ height: side, width: side })), ...oblong.map(([rows, columns]) => ({ height: rows, width: columns }))]
}

const unique = (values: readonly number[]): number[] => [...new Set(values)]

/** Where only the rows are fixed, photos are lines of text: wider than a square. */
async function line(works: Trial, input: SizedInput, size: Size, from: string): Promise<Fact<Size>> {
  const free = input.height === undefined && input.width === undefined
  const wide = { height: size.height, width: lineWidth }
  if (!free || size.height > highestLine || !(await works(wide))) return fact(size, 'graph', from)
  if (await works({ height: lineWidth, width: size.width })) return fact(size, 'graph', from)
  return fact(wide, 'graph', `the network runs with ${size.height} rows only, at any width: ${from}`)
}

// what networks that halve maps, or cut patches, want their sides to be multiples of
const steps = [1, 2, 4, 8, 14, 16, 32, 64]

/**
 * The number that a free side must be a multiple of, beside one that the network runs with: 32 for most detectors.
 *
 * @returns undefined where no side is free, and where no other size runs
 */
export async function findMultiple(
  model: Model,
  runtime: Runtime,
  input: SizedInput,
  { height, width }: Size,
): Promise<Fact<number> | undefined> {
  const [rows, columns] = [input.height === undefined ? 1 : 0, input.width === undefined ? 1 : 0]
  if (rows + columns === 0) return undefined
  return withTrial(model, runtime, input, async (works) => {
    for (const step of steps) {
      if ((rows * height) % step !== 0 || (columns * width) % step !== 0) continue
      const other = { height: height + rows * step, width: width + columns * step }
      if (await works(other))
        return fact(step, 'graph', `the network runs with ${textOf(other)}, and with no size nearer to ${textOf({ height, width })}`)
    }
    return undefined
  })
}
