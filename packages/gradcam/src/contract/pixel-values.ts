/** @file Which values of pixels numbers in a graph are made for: 0 … 255, 0 … 1, −1 … 1, or those with ImageNet's mean taken off. */

/** What becomes of a level 0 … 255 before it is fed: (level · scale − mean) / std; one number serves all channels, empty is none. */
export interface PixelValues {
  name: '0…255' | '0…1' | '−1…1' | '−128…127' | '0…65535' | 'mean and deviation of ImageNet'
  scale: number
  mean: readonly number[]
  std: readonly number[]
}

const imagenetMean = [0.485, 0.456, 0.406]
const imagenetStd = [0.229, 0.224, 0.225]

/** The values that inputs expect. */
export const pixelValues = {
  levels: { name: '0…255', scale: 1, mean: [], std: [] },
  unit: { name: '0…1', scale: 1 / 255, mean: [], std: [] },
  signed: { name: '−1…1', scale: 1 / 127.5, mean: [1], std: [] },
  centred: { name: '−128…127', scale: 1, mean: [128], std: [] },
  wide: { name: '0…65535', scale: 257, mean: [], std: [] },
  imagenet: { name: 'mean and deviation of ImageNet', scale: 1 / 255, mean: imagenetMean, std: imagenetStd },
} as const satisfies Record<string, PixelValues>

export type Pixels = keyof typeof pixelValues

const within = (low: number, high: number) => (values: readonly number[]) => values.every((value) => value >= low && value <= high)
const near = (target: number, share = 0.01) =>
  within(target - share * Math.max(1, Math.abs(target)), target + share * Math.max(1, Math.abs(target)))
const nearEach = (targets: readonly number[]) => (values: readonly number[]) =>
  values.length === targets.length && values.every((value, i) => Math.abs(value - (targets[i] as number)) < 0.01)

type Row = readonly [Pixels, (zero: readonly number[]) => boolean, (unit: readonly number[]) => boolean]

/** What is subtracted from the input, and what it is divided by, for each kind. The first row that holds. */
const rows: readonly Row[] = [
  // 0 … 255 to 0 … 1, to −1 … 1, to mean 0 and deviation 1, to mean 0
  ['levels', near(0), within(250, 260)],
  ['levels', within(125, 130), within(125, 130)],
  ['levels', within(60, 180), within(25, 100)],
  ['levels', within(90, 140), near(1)],
  ['levels', within(90, 140), within(250, 260)],
  ['wide', near(0), within(65_000, 66_000)],
  // 0 … 1 to −1 … 1, to mean 0 and deviation 1, to 0 … 255 with or without its mean, to mean 0
  ['unit', near(0.5), near(0.5)],
  ['unit', within(0.1, 0.75), within(0.1, 0.45)],
  ['unit', near(0, 0.001), within(1 / 260, 1 / 250)],
  ['unit', within(0.3, 0.6), within(1 / 260, 1 / 250)],
  ['unit', within(0.3, 0.6), near(1)],
  // −1 … 1 to 0 … 1 or 0 … 255
  ['signed', near(-1), near(2)],
  ['signed', near(-1), within(1 / 130, 1 / 125)],
  // what torchvision's Inception and GoogLeNet do with `transform_input`: from ImageNet's deviations to −1 … 1
  [
    'imagenet',
    nearEach(imagenetMean.map((mean, c) => (0.5 - mean) / (imagenetStd[c] as number))),
    nearEach(imagenetStd.map((std) => 0.5 / std)),
  ],
]

/** The kind of values for which (x − zero) / unit is a usual preparation, channel by channel; undefined where it is none. */
export function preparedFrom(zero: readonly number[], unit: readonly number[]): Pixels | undefined {
  const size = unit.map(Math.abs)
  return rows.find(([, isZero, isUnit]) => isZero(zero) && isUnit(size))?.[0]
}

/** The kind of values whose mean and deviation over many pictures these are; undefined for others. */
export function describedBy(mean: readonly number[], deviation: readonly number[]): Pixels | undefined {
  if (within(60, 180)(mean) && within(25, 100)(deviation)) return 'levels'
  if (within(0.2, 0.75)(mean) && within(0.1, 0.45)(deviation)) return 'unit'
  if (within(-0.4, 0.4)(mean) && within(0.8, 1.3)(deviation)) return 'imagenet'
  return within(-0.3, 0.3)(mean) && within(0.3, 0.7)(deviation) ? 'signed' : undefined
}

/** The kind of values that a quantiser was set for; undefined for others. */
export function coveredBy(low: number, high: number): Pixels | undefined {
  if (near(0)([low]) && within(240, 260)([high])) return 'levels'
  if (near(0)([low]) && within(0.95, 1.05)([high])) return 'unit'
  if (within(-1.05, -0.95)([low]) && within(0.95, 1.05)([high])) return 'signed'
  return within(-2.3, -1.75)([low]) && within(2.1, 2.8)([high]) ? 'imagenet' : undefined
}
