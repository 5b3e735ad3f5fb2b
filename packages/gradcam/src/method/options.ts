/** @file Settings of a method: described once, checked for everyone. */
import { GradcamError } from '../errors.ts'
import { nearestNames } from '../text.ts'

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

function unknown(method: string, name: string, table: OptionTable): GradcamError {
  const names = Object.keys(table)
  return new GradcamError('bad-option', `${method} has no option ${name}`, {
    hint: names.length > 0 ? `its options: ${names.join(', ')}` : 'it has no options of its own',
    suggestions: nearestNames(name, names),
  })
}

function checked(name: string, spec: OptionSpec, given: OptionValue): OptionValue {
  const bad = (hint: string): GradcamError => new GradcamError('bad-option', `${name} is ${JSON.stringify(given)}`, { hint })
  switch (spec.kind) {
    case 'number': {
      const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
      const fits = typeof value === 'number' && value >= spec.min && value <= spec.max && (!spec.whole || Number.isInteger(value))
      if (fits) return value
      throw bad(`${name} is a ${spec.whole ? 'whole ' : ''}number from ${spec.min} to ${spec.max}`)
    }
    case 'choice':
      if (typeof given === 'string' && spec.choices.includes(given)) return given
      if (spec.orNumber && String(given).trim() !== '' && Number.isFinite(Number(given)) && typeof given !== 'boolean')
        return String(Number(given))
      throw bad(`${name} is one of ${spec.choices.join(', ')}${spec.orNumber ? ', or a number' : ''}`)
    case 'flag':
      if (given === true || given === 'true') return true
      if (given === false || given === 'false') return false
      throw bad(`${name} is true or false`)
  }
}
