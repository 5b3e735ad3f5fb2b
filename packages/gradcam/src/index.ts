/** @file The public surface that runs anywhere, exported name by name. */
export { type ErrorCode, GradcamError, type Warning } from './errors.ts'
export {
  type ExplanationData,
  type ExplanationJson,
  explanationJson,
  type Prediction,
  type Provenance,
  type ScoreKind,
  type Smoothing,
} from './explanation.ts'
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
export { type Fusion, fusions } from './method/fusion.ts'
export { type Family, type Method, methodNamed, methods } from './method/method.ts'
export type { OptionSpec, OptionTable, OptionValue } from './method/options.ts'
export { activations, normalizations, type PostProcessing, upsamplings, usualPost } from './method/post.ts'
export { type PresetName, presetNames } from './method/presets.ts'
export { defaultPreprocessing, parsePreprocessing, type Preprocessing } from './model/preprocessing.ts'
export type { External, ExternalFile, ExternalFolder } from './model/external.ts'
export { type Model, readModel } from './model/read.ts'
export { createNetwork, type ExplainOptions, type GradientPath, type NetworkCore, type PreparedPicture } from './network.ts'
export { colormap, colormapNames } from './picture/colormap.ts'
export { largestComponent } from './picture/component.ts'
export { contourLines } from './picture/contour.ts'
export { maskOf } from './picture/mask.ts'
export { overlay } from './picture/overlay.ts'
export { boxOf, checkPaintOptions, type PaintOptions } from './picture/painting.ts'
export type { Grid, Pixels, Region } from './picture/pixels.ts'
export { preprocess } from './picture/preprocess.ts'
export { resize } from './picture/resize.ts'
export { type Scale, scales } from './picture/scale.ts'
export { type OnnxRuntimeOptions, onnxRuntime, type OrtModule } from './runtime/onnxruntime.ts'
export type { ModelBytes, OpenOptions, Port, Provider, Runtime, Session } from './runtime/runtime.ts'
export type { NamedPictureInput } from './explain/inputs.ts'
export { type WantedMethod, wantedMethods } from './explain/request.ts'
export type { NetworkFacts } from './explain/results.ts'
export type { Activation, Channels, Decoding } from './target/detection/decoding.ts'
export { resolveTarget, type Target } from './target/labels.ts'
export { checkTarget } from './target/check.ts'
export { parseTarget } from './target/parse.ts'
export type { FileRef, Mask, TargetInput, TargetSpec } from './target/spec.ts'
export { type ElementType, float32, type Tensor, type TensorData } from './tensor.ts'
export { nearestNames } from './text.ts'
export { version } from './version.ts'
export { shortDetails } from './words.ts'
