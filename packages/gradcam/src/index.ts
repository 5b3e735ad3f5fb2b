/** @file The public surface that runs anywhere, exported name by name. */
export { type ErrorCode, GradcamError, type Warning } from './core/errors.ts'
export {
  type ExplanationData,
  type ExplanationJson,
  explanationJson,
  type Prediction,
  type Provenance,
  type ScoreKind,
  type Smoothing,
} from './explain/explanation.ts'
export { gradient, type GradientRequest, type TensorObjective } from './gradient/gradient.ts'
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
export { type Model, readModel } from './graph/model.ts'
export { createNetwork, type ExplainOptions, type GradientPath, type NetworkCore, type PreparedImage } from './network.ts'
export { colormap, colormapNames } from './figure/colormap.ts'
export { largestComponent } from './image/component.ts'
export { contourLines } from './figure/contour.ts'
export { maskOf } from './figure/mask.ts'
export { overlay } from './figure/overlay.ts'
export { boxOf, checkPaintOptions, type PaintOptions } from './figure/painting.ts'
export type { Grid, Pixels, Region } from './core/pixels.ts'
export { preprocess } from './image/preprocess.ts'
export { resize } from './image/resize.ts'
export { type Scale, scales } from './figure/scale.ts'
export { type OnnxRuntimeOptions, onnxRuntime, type OrtModule } from './runtime/onnxruntime.ts'
export type { ModelBytes, OpenOptions, Port, Provider, Runtime, Session } from './runtime/runtime.ts'
export type { NamedImageInput } from './explain/inputs.ts'
export { type WantedMethod, wantedMethods } from './explain/request.ts'
export type { NetworkInfo } from './explain/results.ts'
export type { Activation, Channels, Decoding } from './objective/detection/decoding.ts'
export { resolveTarget, type Target } from './objective/labels.ts'
export { checkObjective } from './objective/check.ts'
export { parseObjective } from './objective/parse.ts'
export type { FileRef, Mask, ObjectiveInput, ObjectiveSpec } from './objective/spec.ts'
export { type ElementType, float32, type Tensor, type TensorData } from './core/tensor.ts'
export { nearestNames } from './core/text.ts'
export { version } from './core/version.ts'
export { scoreText, shortDetails } from './figure/words.ts'
