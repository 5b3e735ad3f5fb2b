/** @file Settings of a method: described once, checked for everyone. */
import { GradcamError } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'

export type OptionValue = number | string | boolean

/** One setting of a method. */
export type OptionSpec =
  | { kind: 'number'; default: number; min: number; max: number; whole?: boolean; about: string }
  | { kind: 'choice'; default: string; choices: readonly string[] /** Any number will do, too. */; orNumber?: boolean; about: string }
  | { kind: 'flag'; default: boolean; about: string }

export type OptionTable = Readonly<Record<string, OptionSpec>>

/** Checked settings; every name of the table is there. */
export interface OptionValues {
  number(name: string): number
  choice(name: string): string
  flag(name: string): boolean
  /** All of them, for provenance. */
  readonly all: Readonly<Record<string, OptionValue>>
}

/**
 * Checks what is given against a method's table and fills in the defaults. Text is read as what the table wants.
 *
 * @throws GradcamError `bad-option`
 */
export function methodOptions(method: string, table: OptionTable = {}, given: Readonly<Record<string, OptionValue>> = {}): OptionValues {
  for (const name of Object.keys(given)) if (!Object.hasOwn(table, name)) throw unknown(method, name, table)
  const all = Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [name, given[name] === undefined ? spec.default : checked(name, spec, given[name])]),
  )
  const get =
    <T extends OptionValue>(kind: 'number' | 'string' | 'boolean') =>
    (name: string): T => {
      const value = all[name]
      if (typeof value === kind) return value as T
      throw new Error(`${method} has no ${kind} option ${name}`)
    }
  return { number: get<number>('number'), choice: get<string>('string'), flag: get<boolean>('boolean'), all }
}

/** What has options: a method. */
interface Optioned {
  name: string
  options?: OptionTable
}

/**
 * Hands options out to several methods: each gets those that it has.
 *
 * @throws GradcamError `bad-option` for an option that none of them has, or a value that one of them refuses
 */
export function optionsOfEach(
  methods: readonly Optioned[],
  given: Readonly<Record<string, OptionValue>> = {},
): Readonly<Record<string, OptionValue>>[] {
  const has = ({ options = {} }: Optioned, name: string): boolean => Object.hasOwn(options, name)
  for (const name of Object.keys(given)) {
    if (methods.some((method) => has(method, name))) continue
    const names = methods.map((method) => method.name).join(', ')
    throw unknown(names, name, Object.assign({}, ...methods.map(({ options }) => options)))
  }
  return methods.map((method) => {
    const own = Object.fromEntries(Object.entries(given).filter(([name]) => has(method, name)))
    methodOptions(method.name, method.options, own)
    return own
  })
}

/** `method`: the name of one, or of several that lack the option all. */
function unknown(method: string, name: string, table: OptionTable): GradcamError {
  const names = Object.keys(table)
  const several = method.includes(', ')
  return new GradcamError(
    'bad-option',
    `${several ? 'none of ' : ''}${method} ${several ? 'takes' : 'does not take'} \`options: { ${name} }\``,
    {
      hint:
        names.length > 0
          ? `${several ? 'they take' : 'it takes'} \`options: { ${names.join(', ')} }\``
          : 'leave it out: there are no options to set',
      suggestions: nearestNames(name, names),
      data: { option: 'options', value: name, allowed: names },
    },
  )
}

function checked(name: string, spec: OptionSpec, given: OptionValue): OptionValue {
  const bad = (hint: string): GradcamError => new GradcamError('bad-option', `\`options.${name}\` is ${JSON.stringify(given)}`, { hint })
  switch (spec.kind) {
    case 'number': {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
      const fits = typeof value === 'number' && value >= spec.min && value <= spec.max && (!spec.whole || Number.isInteger(value))
      if (fits) return value
      throw bad(`it is a ${spec.whole ? 'whole ' : ''}number from ${spec.min} to ${spec.max}`)
    }
    case 'choice':
      if (typeof given === 'string' && spec.choices.includes(given)) return given
      if (spec.orNumber && String(given).trim() !== '' && Number.isFinite(Number(given)) && typeof given !== 'boolean')
        return String(Number(given))
      throw bad(`it is one of ${spec.choices.join(', ')}${spec.orNumber ? ', or a number' : ''}`)
    case 'flag':
      if (given === true || given === 'true') return true
      if (given === false || given === 'false') return false
      throw bad('it is true or false')
  }
}
