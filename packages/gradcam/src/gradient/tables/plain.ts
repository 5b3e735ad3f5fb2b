/** @file The plain table: the derivative of every operator. */
import * as activation from '../rules/activation.ts'
import { Add, Div, Mul, Sub } from '../rules/arithmetic.ts'
import { Attention } from '../rules/attention.ts'
import * as blocks from '../rules/blocks.ts'
import * as control from '../rules/control.ts'
import { Conv } from '../rules/convolution.ts'
import * as cumulative from '../rules/cumulative.ts'
import { Einsum } from '../rules/einsum.ts'
import * as extremum from '../rules/extremum.ts'
import { Gather, GatherElements, GatherND } from '../rules/gathering.ts'
import { GridSample } from '../rules/grid-sample.ts'
import * as groupNormalization from '../rules/group-normalization.ts'
import * as layerNormalization from '../rules/layer-normalization.ts'
import * as linear from '../rules/linear.ts'
import { LpNormalization } from '../rules/lp-normalization.ts'
import * as lpPool from '../rules/lp-pool.ts'
import { microsoftRules } from '../rules/microsoft.ts'
import * as norm from '../rules/norm.ts'
import * as normalization from '../rules/normalization.ts'
import { MaxPool } from '../rules/max-pool.ts'
import * as pooling from '../rules/pooling.ts'
import * as power from '../rules/power.ts'
import * as quantization from '../rules/quantization.ts'
import * as quantized from '../rules/quantized.ts'
import { ReduceMean, ReduceSum } from '../rules/reduction.ts'
import * as repetition from '../rules/repetition.ts'
import { Resize, Upsample } from '../rules/resize.ts'
import { RoiAlign } from '../rules/roi-align.ts'
import * as scattering from '../rules/scattering.ts'
import * as shape from '../rules/shape.ts'
import * as smoothActivation from '../rules/smooth-activation.ts'
import * as softmax from '../rules/softmax.ts'
import { ConvTranspose } from '../rules/transposed-convolution.ts'
import { Trilu } from '../rules/triangle.ts'
import * as trigonometry from '../rules/trigonometry.ts'
import * as variadic from '../rules/variadic.ts'
import { zeroRules } from '../rules/zero.ts'
import type { RuleTable } from '../rule.ts'

/** The derivative as it is. */
export const plain: RuleTable = {
  ...activation,
  Add,
  Sub,
  Mul,
  Div,
  Conv,
  ConvTranspose,
  ...blocks,
  ...repetition,
  Gather,
  GatherElements,
  GatherND,
  ...scattering,
  Resize,
  Upsample,
  GridSample,
  RoiAlign,
  ...quantization,
  QLinearConv: quantized.QLinearConv,
  QLinearMatMul: quantized.QLinearMatMul,
  ConvInteger: quantized.ConvInteger,
  MatMulInteger: quantized.MatMulInteger,
  ...control,
  ...linear,
  ...normalization,
  MaxPool,
  ...pooling,
  ReduceMean,
  ReduceSum,
  ...shape,
  ...softmax,
  ...zeroRules,
  ...power,
  ...trigonometry,
  ...variadic,
  ...smoothActivation,
  ...norm,
  ...extremum,
  ...cumulative,
  ...lpPool,
  ...groupNormalization,
  ...layerNormalization,
  LpNormalization,
  Einsum,
  Trilu,
  Attention,
  ...microsoftRules,
}
