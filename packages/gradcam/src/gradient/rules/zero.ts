/** @file Operators whose derivative is zero wherever there is one: no gradient passes, and none is invented. */
import { type OperatorOf, operatorsOf } from '../../graph/operators.ts'
import type { Rule } from '../rule.ts'

/** Steps, comparisons, positions and sizes. Documentation and diagnosis read this list. */
export const zeroGradient = operatorsOf('step')

const none: Rule = () => []

/** One rule for all of them. */
export const zeroRules = Object.fromEntries(zeroGradient.map((operator) => [operator, none])) as Record<OperatorOf<'step'>, Rule>
