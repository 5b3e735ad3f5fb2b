/** @file The options of a method: described in a table, which gives their types; resolved in one place. */
import { badOption, GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'

/** The value of a method's option. */
export type OptionValue = number | string | boolean

/** Values by name, JSON-able: what a user gives, or what it resolves to. */
export type OptionValues = Readonly<Record<string, OptionValue>>

export interface NumberOption {
  kind: 'number'
  default: number
  min: number
  max: number
  whole?: boolean
  about: string
}

export interface ChoiceOption<Choice extends string = string> {
  kind: 'choice'
  default: Choice
  choices: readonly Choice[]
  /** A number is taken as well. */
  orNumber?: boolean
  about: string
}

export interface FlagOption {
  kind: 'flag'
  default: boolean
  about: string
}

/** One option of a method. */
export type OptionSpec = NumberOption | ChoiceOption | FlagOption

type Bounds = readonly [min: number, max: number]

/** A number within bounds. */
export function numberOption(usual: number, [min, max]: Bounds, about: string): NumberOption {
  return { kind: 'number', default: usual, min, max, about }
}

/** A whole number within bounds. */
export const wholeOption = (usual: number, bounds: Bounds, about: string): NumberOption => ({
  ...numberOption(usual, bounds, about),
  whole: true,
})

/** One of a few words. */
export const choiceOption = <const Choice extends string>(
  usual: NoInfer<Choice>,
  choices: readonly Choice[],
  about: string,
): ChoiceOption<Choice> => ({ kind: 'choice', default: usual, choices, about })

/** By name, in camel case. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

type ValueOf<Spec extends OptionSpec> = Spec extends { kind: 'number' }
  ? number
  : Spec extends { choices: readonly (infer Choice extends string)[] }
    ? Choice | (Spec extends { orNumber: true } ? number : never)
    : boolean

/** What the options of a table resolve to: a value for every name. */
export type ValuesOf<Table extends OptionTable> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> }

/** The names of a table, as the choices of an option. */
export const choicesOf = <Choice extends string>(table: Readonly<Record<Choice, unknown>>): readonly Choice[] =>
  Object.keys(table) as Choice[]

/** What has options: a method. */
interface Optioned<Table extends OptionTable = OptionTable> {
  name: string
  options?: Table
}

/**
 * Checks what is given for a method and fills in the defaults. Text is read as what the table wants.
 *
 * @throws GradcamError `bad-option`
 */
export function resolveOptions<Table extends OptionTable>(method: Optioned<Table>, given: OptionValues = {}): ValuesOf<Table> {
  const table: OptionTable = method.options ?? {}
  for (const name of Object.keys(given)) if (!Object.hasOwn(table, name)) throw unknown([method], name)
  const values = Object.entries(table).map(([name, spec]) => [
    name,
    given[name] === undefined ? spec.default : checked(name, spec, given[name]),
  ])
  return Object.fromEntries(values) as ValuesOf<Table>
}

/**
 * Hands options out to several methods: each gets those that it has, resolved.
 *
 * @param presets what takes the place of a method's defaults, by its name
 * @throws GradcamError `bad-option` for an option that none of them has, or a value that one of them refuses
 */
export function distributeOptions(
  methods: readonly Optioned[],
  given: OptionValues = {},
  presets: Readonly<Record<string, OptionValues>> = {},
): OptionValues[] {
  const has = ({ options = {} }: Optioned, name: string): boolean => Object.hasOwn(options, name)
  for (const name of Object.keys(given)) if (!methods.some((method) => has(method, name))) throw unknown(methods, name)
  return methods.map((method) => {
    const own = Object.entries(given).filter(([name]) => has(method, name))
    return resolveOptions(method, { ...presets[method.name], ...Object.fromEntries(own) })
  })
}

function unknown(methods: readonly Optioned[], name: string): GradcamError {
  const names = [...new Set(methods.flatMap(({ options = {} }) => Object.keys(options)))]
  const who = methods.map((method) => method.name).join(', ')
  const [subject, their] = methods.length > 1 ? [`none of ${who} takes`, 'they take'] : [`${who} does not take`, 'it takes']
  return badOption(
    `${subject} \`options: { ${name} }\``,
    names.length > 0 ? `${their} \`options: { ${names.join(', ')} }\`` : 'leave it out: there are no options to set',
    { suggestions: nearestNames(name, names), data: { option: 'options', value: name, allowed: names } },
  )
}

function checked(name: string, spec: OptionSpec, given: OptionValue): OptionValue {
  const bad = (hint: string): GradcamError => badOption(`\`options.${name}\` is ${JSON.stringify(given)}`, hint)
  const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  switch (spec.kind) {
    case 'number':
      if (typeof number === 'number' && number >= spec.min && number <= spec.max && (!spec.whole || Number.isInteger(number))) return number
      throw bad(`it is a ${spec.whole ? 'whole ' : ''}number from ${spec.min} to ${spec.max}`)
    case 'choice':
      if (typeof given === 'string' && spec.choices.includes(given)) return given
      if (spec.orNumber && Number.isFinite(number)) return number
      throw bad(`it is one of ${spec.choices.join(', ')}${spec.orNumber ? ', or a number' : ''}`)
    case 'flag':
      if (given === true || given === 'true') return true
      if (given === false || given === 'false') return false
      throw bad('it is true or false')
  }
}
