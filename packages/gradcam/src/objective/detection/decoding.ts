/** @file How the outputs of a detector are to be read, as data: which tensors, which axes, which channels. */
import { GradcamError } from '../../core/errors.ts'

/** What becomes of raw numbers. */
export type Activation = 'none' | 'sigmoid' | 'softmax' | 'tanh'

/** Some channels of a tensor, for every candidate. */
export interface Channels {
  /** Name of a tensor, or `output:0` for the model's first output. */
  tensor: string
  /** Axis of the channels. Default: the last one. Every other axis but the first counts candidates, in the order of the axes. */
  axis?: number
  /** First channel. Default: 0. */
  from?: number
  /** How many. Default: all that follow. */
  count?: number
  /** Default: `none`. Softmax goes over these channels. */
  activation?: Activation
}

/** How the outputs of a detector are read as classes and boxes. */
export interface Decoding {
  /** Class scores. */
  classes: Channels & {
    /** A channel that stands for no object; it takes part in the softmax and is no class. */
    background?: 'first' | 'last'
  }
  /** How sure the network is that there is anything at all. */
  objectness?: Channels
  /** Four coordinates; without them boxes can be named by index and class, but not told apart by place. */
  boxes?: Channels & {
    /** Instead of one activation, one for each coordinate. */
    activations?: readonly Activation[]
    /** Centre, width and height; two corners; the same with y first; one corner, width and height. */
    format: 'cxcywh' | 'xyxy' | 'yxyx' | 'xywh'
    /** Of the network's input: its pixels, or 1 for its whole width and height. */
    units: 'pixels' | 'normalised'
    /** Centres are offsets, in cells, from the cell of the grid [rows, columns] that the candidate lies in. */
    grid?: readonly [rows: number, columns: number]
  }
  /** Tensor before which the feature layer is looked for: in a network of several branches, that of the class scores. */
  features?: string
  /** score = objectness^a · class^b. Default: both 1. */
  exponents?: { objectness?: number; classes?: number }
  /** Of boxes that overlap more than this (intersection over union) the best one counts. Default: 0.5. */
  overlap?: number
}

const activations = ['none', 'sigmoid', 'softmax', 'tanh']
const partFields = ['tensor', 'axis', 'from', 'count', 'activation']
const boxFields = [...partFields, 'activations', 'format', 'units', 'grid']
const decodingFields = ['classes', 'objectness', 'boxes', 'features', 'exponents', 'overlap']

/**
 * Checks a description that may come from JSON.
 *
 * @throws GradcamError `bad-target`
 */
export function checkDecoding(value: unknown): asserts value is Decoding {
  const whole = objectOf(value, 'decoding', decodingFields)
  checkPart(whole['classes'], 'classes', [...partFields, 'background'])
  if (whole['objectness'] !== undefined) checkPart(whole['objectness'], 'objectness', partFields)
  const { boxes, features, exponents, overlap } = whole
  if (features !== undefined && typeof features !== 'string') throw bad('features is no text', 'name a tensor')
  if (boxes !== undefined) {
    const part = checkPart(boxes, 'boxes', boxFields)
    member(part['format'], ['cxcywh', 'xyxy', 'yxyx', 'xywh'], 'boxes.format')
    member(part['units'], ['pixels', 'normalised'], 'boxes.units')
    const { grid, activations: each } = part
    const positive = (n: unknown): boolean => Number.isInteger(n) && (n as number) > 0
    if (grid !== undefined && !(Array.isArray(grid) && grid.length === 2 && grid.every(positive)))
      throw bad('boxes.grid does not fit', 'grid is [rows, columns]')
    if (each !== undefined && !(Array.isArray(each) && each.length === 4 && each.every((name) => activations.includes(String(name)))))
      throw bad('boxes.activations does not fit', `four of ${activations.join(', ')}`)
  }
  if (exponents !== undefined) {
    for (const [name, power] of Object.entries(objectOf(exponents, 'exponents', ['objectness', 'classes'])))
      if (!(typeof power === 'number' && power > 0)) throw bad(`exponents.${name} is ${String(power)}`, 'exponents are positive numbers')
  }
  if (overlap !== undefined && !(typeof overlap === 'number' && overlap > 0 && overlap <= 1))
    throw bad(`overlap is ${JSON.stringify(overlap)}`, 'overlap is a number from 0 to 1')
}

function checkPart(value: unknown, where: string, names: readonly string[]): Record<string, unknown> {
  const part = objectOf(value, where, names)
  if (typeof part['tensor'] !== 'string') throw bad(`${where}.tensor is missing`, 'name a tensor, or output:0')
  for (const name of ['axis', 'from', 'count'])
    if (part[name] !== undefined && !(Number.isInteger(part[name]) && (part[name] as number) >= 0))
      throw bad(`${where}.${name} is ${JSON.stringify(part[name])}`, `${name} is a whole number, counted from 0`)
  if (part['activation'] !== undefined) member(part['activation'], activations, `${where}.activation`)
  if (part['background'] !== undefined) member(part['background'], ['first', 'last'], `${where}.background`)
  return part
}

function objectOf(value: unknown, where: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${where} is no object`, `${where} has ${names.join(', ')}`)
  for (const name of Object.keys(value))
    if (!names.includes(name)) throw bad(`${where} has no field ${name}`, `${where} has ${names.join(', ')}`)
  return value as Record<string, unknown>
}

function member(value: unknown, choices: readonly string[], where: string): void {
  if (!choices.includes(String(value))) throw bad(`${where} is ${JSON.stringify(value)}`, `${where} is one of ${choices.join(', ')}`)
}

const bad = (what: string, hint: string): GradcamError => new GradcamError('bad-target', `this decoding cannot be used: ${what}`, { hint })
