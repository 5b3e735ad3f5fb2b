/** @file Options that several commands share, and how their words become values. */
import { InvalidArgumentError, Option } from 'commander'

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The same object without its undefined members: absent is how the library spells "default". */
export function present<T extends object>(options: T): Present<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<T>
}

/** A whole number of at least 1. */
export function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.')
  return value
}

/** Whole numbers of at least 0, separated by commas: "3" or "0,3". */
export function indices(text: string): number[] {
  const values = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN))
  if (!values.every(Number.isSafeInteger)) throw new InvalidArgumentError('It must be a whole number, or several separated by commas.')
  return values
}

/** Pixels: "448" for a square, "640x480" for width and height. */
export function size(text: string): number | { width: number; height: number } {
  const [, width, height] = /^([1-9]\d*)(?:[x×]([1-9]\d*))?$/i.exec(text.trim()) ?? []
  if (width === undefined) throw new InvalidArgumentError('It must be a number of pixels, or WIDTHxHEIGHT.')
  return height === undefined ? Number(width) : { width: Number(width), height: Number(height) }
}

/** A number from 0 to 1. */
export function fraction(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}

/** A whole number that a seed may be. */
export function seed(text: string): number {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN
  if (!(value < 2 ** 32)) throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.')
  return value
}

/** Numbers separated by commas: "0.5" or "0.25,0.5". */
export function numbers(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!values.every(Number.isFinite)) throw new InvalidArgumentError('It must be a number, or several separated by commas.')
  return values
}

/** Names separated by commas, none empty. */
export function names(text: string): string[] {
  const found = text.split(',').map((part) => part.trim())
  if (found.includes('')) throw new InvalidArgumentError('It must be a name, or several separated by commas.')
  return found
}

/** An option of the library as the command spells it: `channelCount` as `channel-count`. */
export const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** The reverse: the library's name of an option. */
export const optionNamed = (text: string): string => text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** `name=value`. */
export function setting(text: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name.trim() === '' || value.trim() === '') throw new InvalidArgumentError('It must be name=value.')
  return [optionNamed(name.trim()), value.trim()]
}

/** Digits are a class index; anything else is a label, top-1, top-K, or what docs/targets.md describes. */
export const target = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text)

/** Collects a repeatable option. */
export const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): T[] => [...before, parse(text)]

const modelHelp = 'network: a folder with onnx/model.onnx and config.json, or an .onnx file (default: the embedded one)'
export const modelOption = (): Option => new Option('-m, --model <folder|file>', modelHelp)
export const engineOption = (): Option =>
  new Option(
    '--engine <name>',
    'native: fast; wasm: the numbers of a browser to the last bit; auto: wasm for gradients to the picture, which hang on last bits (default: auto)',
  ).choices(['auto', 'native', 'wasm'])
export const threadsOption = (): Option => new Option('--threads <n>', 'threads inside one operator (default: one a core)').argParser(count)
export const sizeOption = (): Option =>
  new Option(
    '--size <n|WxH>',
    "input size, where the network leaves it free: larger gives a finer map (default: the network's own)",
  ).argParser(size)
export const maxPixelsOption = (): Option => new Option('--max-pixels <n>', 'refuse photos with more pixels than this').argParser(count)
export const quietOption = (): Option => new Option('-q, --quiet', 'print nothing but errors and what --json asks for')

/** Options of every command. */
export interface GlobalFlags {
  debug?: boolean
}

/** Options of every command that runs a network. */
export interface ModelFlags extends GlobalFlags {
  model?: string
  threads?: number
  engine?: 'auto' | 'native' | 'wasm'
  size?: number | { width: number; height: number }
  maxPixels?: number
}
