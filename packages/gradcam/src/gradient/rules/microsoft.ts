/** @file The table of ONNX Runtime's own operators, domain com.microsoft: fused, quantised, or under another name. */
import type { RuleTable } from '../rule.ts'
import * as activation from './fused-activation.ts'
import * as attention from './fused-attention.ts'
import * as linear from './fused-linear.ts'
import * as normalization from './fused-normalization.ts'
import { GridSample } from './grid-sample.ts'
import { LayerNormalization, RMSNormalization } from './layer-normalization.ts'
import { DequantizeLinear, QuantizeLinear } from './quantization.ts'
import * as quantized from './quantized-microsoft.ts'
import { Trilu } from './triangle.ts'

const own: RuleTable = {
  ...activation,
  ...attention,
  ...linear,
  ...normalization,
  ...quantized,
  TransposeMatMul: linear.FusedMatMul,
  // operators that the standard took over later
  GridSample,
  Trilu,
  LayerNormalization,
  SimplifiedLayerNormalization: RMSNormalization,
  QuantizeLinear,
  DequantizeLinear,
}

/** Names as the walk looks them up. SimplifiedLayerNormalization is the runtime's too, but counts to the default domain. */
export const microsoftRules: RuleTable = {
  ...Object.fromEntries(Object.entries(own).map(([operator, rule]) => [`com.microsoft:${operator}`, rule])),
  SimplifiedLayerNormalization: RMSNormalization,
}
