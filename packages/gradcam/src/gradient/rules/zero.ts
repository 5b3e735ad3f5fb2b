/** @file Operators whose derivative is zero wherever there is one: no gradient passes, and none is invented. */
import type { Rule } from '../rule.ts'
import type { RuleTable } from '../walk.ts'

/** Steps, comparisons, positions and sizes. Documentation and diagnosis read this list. */
export const zeroGradient = [
  ...['Floor', 'Ceil', 'Round', 'Sign', 'Hardmax'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsNaN', 'IsInf', 'Not', 'And', 'Or', 'Xor'],
  ...['ArgMax', 'ArgMin', 'NonZero', 'Shape', 'Size', 'EyeLike'],
] as const

const none: Rule = () => []

/** One rule for all of them. */
export const zeroRules: RuleTable = Object.fromEntries(zeroGradient.map((operator) => [operator, none]))
