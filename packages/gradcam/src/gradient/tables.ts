/** @file The rule tables: one walk, several calculi. Docs and the command list them from here. */
import { badOption } from '../core/errors.ts'
import { nearestNames } from '../core/text.ts'
import type { RuleTable } from './rule.ts'
import { deconvnet } from './tables/deconvnet.ts'
import { guidedBackprop } from './tables/guided-backprop.ts'
import { lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus } from './tables/lrp/table.ts'
import { plain } from './tables/plain.ts'

export { deconvnet, guidedBackprop, lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus, plain }

/** Every table by its name, with ε = 1e-6 and γ = 0.25. */
export const ruleTables = {
  plain,
  'guided-backprop': guidedBackprop,
  deconvnet,
  'lrp-epsilon': lrpEpsilon(),
  'lrp-gamma': lrpGamma(),
  'lrp-z-plus': lrpZPlus(),
  'lrp-epsilon-plus': lrpEpsilonPlus(),
  'lrp-epsilon-gamma': lrpEpsilonGamma(),
} as const satisfies Record<string, RuleTable>

/** Name of a rule table; docs/rule-tables.md describes them. */
export type RuleTableName = keyof typeof ruleTables

/**
 * A table by its name.
 *
 * @throws GradcamError `bad-option` for an unknown name
 */
export function ruleTable(name: string): RuleTable {
  if (Object.hasOwn(ruleTables, name)) return ruleTables[name as RuleTableName]
  const names = Object.keys(ruleTables)
  const suggestions = nearestNames(name, names)
  throw badOption(
    `unknown rule table: ${name}`,
    suggestions.length > 0 ? `did you mean ${suggestions.join(', ')}?` : `rule tables: ${names.join(', ')}`,
    { suggestions },
  )
}
