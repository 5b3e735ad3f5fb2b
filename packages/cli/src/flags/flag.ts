/** @file What a flag is, and how tables of flags become options of commander and types. */
import { Option } from 'commander'
import { badOption } from '../errors.ts'
import { kebab } from './case.ts'

/** A flag. Its name is that of the library's option: `featureLayer` is --feature-layer. */
export interface Flag {
  /** The letter of its short form. */
  short?: string
  /** What stands for its value in the help, `[…]` where it may be left out. Default: `<name>` of choices; without them a switch. */
  value?: `<${string}>` | `[${string}]`
  /** `{}` stands for the choices. */
  help: string
  /** A switch that is on by default: the flag, --no-…, turns it off. */
  off?: true
  required?: true
  default?: unknown
  /** The values that it can have. */
  choices?: readonly string[]
  parse?(text: string, before?: never): unknown
}

export type Flags = Readonly<Record<string, Flag>>

type ValueOf<F> = F extends { parse: (text: string, ...before: never[]) => infer T }
  ? T
  : F extends { choices: readonly (infer C)[] }
    ? C
    : F extends { value: `<${string}>` }
      ? string
      : F extends { value: string }
        ? string | true
        : boolean

/** The values of a table's flags as commander gives them. */
export type FlagValues<T> = {
  -readonly [K in keyof T as T[K] extends { required: true } | { default: unknown } ? K : never]: ValueOf<T[K]>
} & { -readonly [K in keyof T as T[K] extends { required: true } | { default: unknown } ? never : K]?: ValueOf<T[K]> }

/** Commander's option for a flag. */
export function optionOf(name: string, flag: Flag): Option {
  const { short, help, off, required, choices, parse } = flag
  const value = flag.value ?? (choices && '<name>')
  const long = `--${off ? 'no-' : ''}${kebab(name)}`
  const option = new Option(
    `${short === undefined ? '' : `-${short}, `}${long}${value === undefined ? '' : ` ${value}`}`,
    help.replace('{}', choices?.join(', ') ?? ''),
  )
  if (choices) option.argParser((text) => oneOf(long, text, choices))
  if (parse) option.argParser(parse as (text: string, before: unknown) => unknown)
  if (required) option.makeOptionMandatory()
  return flag.default === undefined ? option : option.default(flag.default)
}

function oneOf(flag: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text
  const data = { value: text, allowed: choices }
  throw badOption(`unknown ${flag}: ${text}`, `${flag} is one of ${choices.join(', ')}`, { data })
}
