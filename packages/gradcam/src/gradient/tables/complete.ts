/** @file Collects the rules of rules files, and holds that `graph/operators.ts` and the rules name the same operators. */
import type { DifferentiableOperator } from '../../graph/operators.ts'
import type { Rule } from '../rule.ts'

/** What is exported under the name of an operator. Helpers begin with a small letter. */
type RulesOf<Module> = { [Name in keyof Module as Name extends Capitalize<Name & string> ? Name : never]: Rule }

/** The rules among the exports of rules files. */
export const rulesOf = <Module extends object>(module: Module): RulesOf<Module> =>
  Object.fromEntries(Object.entries(module).filter(([name]) => /^[A-Z]/.test(name))) as RulesOf<Module>

/** Rules under their names in the runtime's own domain. */
export const inMicrosoft = <Rules extends object>(rules: Rules): { [Name in keyof Rules & string as `com.microsoft:${Name}`]: Rule } =>
  Object.fromEntries(Object.entries(rules).map(([name, rule]) => [`com.microsoft:${name}`, rule])) as ReturnType<typeof inMicrosoft<Rules>>

/** The rules as they are: an operator of the table without a rule, or a rule for none of its operators, does not compile. */
export const complete = <Rules extends Record<DifferentiableOperator, Rule>>(
  rules: Rules & Record<Exclude<keyof Rules, DifferentiableOperator>, never>,
): Record<DifferentiableOperator, Rule> => rules
