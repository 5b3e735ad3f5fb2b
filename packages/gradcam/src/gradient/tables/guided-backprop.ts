/** @file Guided backpropagation: a rectifier hands on only what is positive. Springenberg et al. 2015, arXiv:1412.6806. */
import type { RuleTable } from '../rule.ts'
import { plain } from './plain.ts'
import { rectifiersBy } from './rectifier.ts'

/** Section 3.4 and figure 1: dx = dy·[dy > 0]·[x > 0] for Relu; for any rectifier its plain rule, applied to max(dy, 0). */
export const guidedBackprop: RuleTable = rectifiersBy(plain, (context, _, rule) =>
  // a picked class is positive already
  rule(context.cotangent.kind === 'pick' ? context : context.altered({ upstream: context.g.relu(context.compact) })),
)
