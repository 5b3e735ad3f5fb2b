/** @file The public surface that runs anywhere, exported name by name. */
export { type ErrorCode, GradcamError, type Warning } from './errors.ts'
export type { ExplanationJson, Prediction, Provenance, ScoreKind, Smoothing } from './explanation.ts'
export { gradient, type GradientRequest, type Objective } from './gradient/gradient.ts'
export {
  lrpEpsilon,
  lrpEpsilonGamma,
  lrpEpsilonPlus,
  lrpGamma,
  lrpZPlus,
  type RuleTableName,
  ruleTable,
  ruleTables,
} from './gradient/tables.ts'
export type { RuleTable } from './gradient/walk.ts'
export { appendToModel, deriveModel } from './graph/derive.ts'
export type { LayerCandidate, LayerChoice, LayerOptions, Layers } from './graph/layers.ts'
export { readNpy, writeNpy } from './io/npy.ts'
export { readTensorProto, writeTensorProto } from './io/onnx-tensor.ts'
export { type Method, methods } from './method/method.ts'
export { activations, normalizations, type PostProcessing, upsamplings } from './method/post.ts'
export { defaultPreprocessing, parsePreprocessing, type Preprocessing } from './model/preprocessing.ts'
export { type Model, readModel } from './model/read.ts'
export type { ExplainOptions } from './network.ts'
export { colormap, colormapNames } from './picture/colormap.ts'
export { overlay } from './picture/overlay.ts'
export type { Grid, Pixels, Region } from './picture/pixels.ts'
export { preprocess } from './picture/preprocess.ts'
export { resize } from './picture/resize.ts'
export type { ModelBytes, OpenOptions, Port, Provider, Runtime, Session } from './runtime/runtime.ts'
export { resolveTarget, type Target } from './target/labels.ts'
export { type ElementType, float32, type Tensor, type TensorData } from './tensor.ts'
export { nearestNames } from './text.ts'
export { version } from './version.ts'
