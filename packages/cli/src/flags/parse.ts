/** @file From the words behind a flag to its value. */
import { InvalidArgumentError } from 'commander'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { camel } from './case.ts'

const parser =
  <T>(parse: (text: string) => T, fits: (value: T) => boolean, wanted: string) =>
  (text: string): T => {
    const value = parse(text)
    if (!fits(value)) throw new InvalidArgumentError(`It must be ${wanted}.`)
    return value
  }

const ways = ['squeeze', 'crop', 'letterbox', 'none'] as const
const asNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))
const asWhole = (text: string): number => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN)

/** One value, or several separated by commas. */
const list = <T>(parse: (text: string) => T, fits: (value: T) => boolean, wanted: string): ((text: string) => T[]) =>
  parser(
    (text) => text.split(',').map(parse),
    (values) => values.every(fits),
    `${wanted}, or several separated by commas`,
  )

export const count = parser(asWhole, (value) => Number.isSafeInteger(value) && value > 0, 'a whole number, 1 or more')
export const countOrNone = parser(asWhole, Number.isSafeInteger, 'a whole number, 0 or more')
export const seed = parser(asWhole, (value) => value < 2 ** 32, 'a whole number from 0 to 4294967295')
export const number = parser(asNumber, Number.isFinite, 'a number')
export const fraction = parser(asNumber, (value) => value >= 0 && value <= 1, 'a number from 0 to 1')

/** "3" or "0,3" */
export const indices = list(asWhole, Number.isSafeInteger, 'a whole number')
/** "0.5" or "0.25,0.5" */
export const numbers = list(asNumber, Number.isFinite, 'a number')
/** "grad-cam" or "grad-cam,occlusion" */
export const names = list((name) => name.trim(), Boolean, 'a name')

/** "448" for a square, "640x480" for width and height. */
export const size = parser(
  (text) => {
    const [, width, height] = /^\s*(\d+)(?:[x×](\d+))?\s*$/i.exec(text) ?? []
    return height === undefined ? Number(width) : { width: Number(width), height: Number(height) }
  },
  (value) => (typeof value === 'number' ? value > 0 : value.width > 0 && value.height > 0),
  'a number of pixels, or WIDTHxHEIGHT',
)

/** "auto", or "0,4095": the lower level first. */
export const levelWindow = parser(
  (text) => {
    const [low = Number.NaN, high = Number.NaN, ...more] = text.split(',').map(asNumber)
    return text.trim() === 'auto' ? ('auto' as const) : more.length > 0 ? undefined : ([low, high] as const)
  },
  (value) => value === 'auto' || (value !== undefined && value[0] < value[1] && value.every(Number.isFinite)),
  'auto, or the levels that become black and white, as in 0,4095',
)

/** "1/255" or "0.0039". */
export const quotient = parser(
  (text) => {
    const [a = '', b = '1', ...rest] = text.split('/')
    return rest.length > 0 ? Number.NaN : asNumber(a) / asNumber(b)
  },
  (value) => Number.isFinite(value) && value !== 0,
  'a number, or a quotient as in 1/255; colours of several maps are --color-scale',
)

/** A way to resize by name, or the length of the shorter side. */
export const resizing = parser(
  (text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : (ways.find((way) => way === text.trim()) ?? Number.NaN)),
  (value) => typeof value === 'string' || value > 0,
  'squeeze, crop, letterbox, none, or a number of pixels',
)

/** `name=value`; the name as on the command line or as in code. */
export const setting = parser(
  (text) => {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    return [camel(name.trim()), value.trim()] as const
  },
  ([name, value]) => name !== '' && value !== '',
  'name=value',
)

/** Digits are a class index; anything else is a label, top-1, top-K, or what docs/targets.md describes. */
export const target = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text)

/** Collects the values of a flag that may be repeated. */
export const repeated =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): T[] => [...before, parse(text)]

/** A path; `~/` is the home folder, which the shell writes in its place only outside quotes. */
export const atHome = (path: string): string => (/^~(?:[/\\]|$)/.test(path) ? join(homedir(), path.slice(1)) : path)
