/** @file The rule tables: one walk, several calculi. */
import * as activation from './rules/activation.ts'
import { Add, Div, Mul, Sub } from './rules/arithmetic.ts'
import { Conv } from './rules/convolution.ts'
import * as linear from './rules/linear.ts'
import * as normalization from './rules/normalization.ts'
import * as pooling from './rules/pooling.ts'
import { ReduceMean, ReduceSum } from './rules/reduction.ts'
import * as shape from './rules/shape.ts'
import * as softmax from './rules/softmax.ts'
import type { RuleTable } from './walk.ts'

/** The derivative as it is. */
export const plain: RuleTable = {
  ...activation,
  Add,
  Sub,
  Mul,
  Div,
  Conv,
  ...linear,
  ...normalization,
  ...pooling,
  ReduceMean,
  ReduceSum,
  ...shape,
  ...softmax,
}
