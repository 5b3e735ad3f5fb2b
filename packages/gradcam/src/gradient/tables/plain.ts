/** @file The plain table: the derivative of every operator. */
import { aliases } from '../../graph/operators.ts'
import type { RuleTable } from '../rule.ts'
import * as activation from '../rules/activation.ts'
import * as arithmetic from '../rules/arithmetic.ts'
import * as attention from '../rules/attention.ts'
import * as blocks from '../rules/blocks.ts'
import * as columns from '../rules/columns.ts'
import * as control from '../rules/control.ts'
import * as convolution from '../rules/convolution.ts'
import * as deformable from '../rules/deformable.ts'
import * as einsum from '../rules/einsum.ts'
import * as fourier from '../rules/fourier.ts'
import * as fusedActivation from '../rules/fused-activation.ts'
import * as fusedAttention from '../rules/fused-attention.ts'
import * as fusedLinear from '../rules/fused-linear.ts'
import * as fusedNormalization from '../rules/fused-normalization.ts'
import * as fusedRotary from '../rules/fused-rotary.ts'
import * as gathering from '../rules/gathering.ts'
import * as gridSample from '../rules/grid-sample.ts'
import * as groupNormalization from '../rules/group-normalization.ts'
import * as layerNormalization from '../rules/layer-normalization.ts'
import * as linear from '../rules/linear.ts'
import * as lpNormalization from '../rules/lp-normalization.ts'
import * as lpPool from '../rules/lp-pool.ts'
import * as matMulNBits from '../rules/matmul-nbits.ts'
import * as maxPool from '../rules/max-pool.ts'
import * as normalization from '../rules/normalization.ts'
import * as pooling from '../rules/pooling.ts'
import * as power from '../rules/power.ts'
import * as quantization from '../rules/quantization.ts'
import * as quantized from '../rules/quantized.ts'
import * as quantizedMicrosoft from '../rules/quantized-microsoft.ts'
import * as recurrent from '../rules/recurrent.ts'
import * as reduction from '../rules/reduction.ts'
import * as repetition from '../rules/repetition.ts'
import * as resize from '../rules/resize.ts'
import * as roiAlign from '../rules/roi-align.ts'
import * as rotary from '../rules/rotary.ts'
import * as scattering from '../rules/scattering.ts'
import * as shape from '../rules/shape.ts'
import * as smoothActivation from '../rules/smooth-activation.ts'
import * as softmax from '../rules/softmax.ts'
import * as transposedConvolution from '../rules/transposed-convolution.ts'
import * as triangle from '../rules/triangle.ts'
import * as trigonometry from '../rules/trigonometry.ts'
import * as variadic from '../rules/variadic.ts'
import { zeroRules } from '../rules/zero.ts'
import { complete, inMicrosoft, rulesOf } from './complete.ts'

const onnx = rulesOf({
  ...{ ...activation, ...smoothActivation, ...power, ...trigonometry, ...arithmetic, ...variadic },
  ...{ ...convolution, ...transposedConvolution, ...linear, ...einsum, ...attention, ...softmax },
  ...{ ...normalization, ...groupNormalization, ...layerNormalization, ...lpNormalization },
  ...{ ...pooling, ...maxPool, ...lpPool, ...reduction },
  ...{ ...shape, ...blocks, ...repetition, ...gathering, ...scattering, ...triangle, ...resize, ...gridSample, ...roiAlign },
  ...{ ...columns, ...deformable, ...fourier, ...recurrent, ...rotary },
  ...{ ...quantization, ...quantized, ...control, ...zeroRules },
})

/** ONNX Runtime's own operators: fused, quantised, or under another name. */
const microsoft = rulesOf({
  ...fusedActivation,
  ...fusedAttention,
  ...fusedLinear,
  ...fusedNormalization,
  ...fusedRotary,
  ...matMulNBits,
  ...quantizedMicrosoft,
})

const rules = complete({ ...onnx, ...inMicrosoft(microsoft) })

/** The derivative as it is. */
export const plain: RuleTable = {
  ...rules,
  ...Object.fromEntries(Object.entries(aliases).map(([name, operator]) => [name, rules[operator]])),
}
