/** @file The public surface that runs anywhere, exported name by name. */
export { type ErrorCode, GradcamError, type Warning } from './core/errors.ts'
export {
  type ExplanationData,
  type ExplanationJson,
  explanationJson,
  type Provenance,
  type ScoreKind,
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
export {
  defineMethod,
  type Family,
  type GraphMethod,
  type Method,
  methodNamed,
  methods,
  type Outcome,
  type RunMethod,
} from './method/method.ts'
export type { OptionSpec, OptionTable, OptionValue, OptionValues, ValuesOf } from './method/options.ts'
export { activations, normalizations, type PostProcessing, upsamplings, usualPost } from './method/post.ts'
export { type PresetName, presetNames } from './method/presets.ts'
export { type InputSize, withSize } from './model/input-size.ts'
export { defaultPreprocessing, parsePreprocessing, type Preprocessing } from './model/preprocessing.ts'
export type { External, ExternalFile, ExternalFolder } from './model/external.ts'
export { type Model, readModel } from './graph/model.ts'
export type { GradientPath } from './explain/path.ts'
export type { ExplainOptions, PreparedImage } from './explain/request.ts'
export type { Explanation, GradientOptions, LoadOptions, ModelInfo, ModelSource, Network } from './network.ts'
export { createGradcam, type Gradcam } from './gradcam.ts'
export { type Engine, engines, type FigureFormat, type FontScript, type FontWeight, type Host, type ModelFiles } from './host.ts'
export type { PhotoFormat, RuntimeOptions, TextFile } from './host.ts'
export type { Figure, OverlayOptions } from './figure/figure.ts'
export type { Report, ReportOptions } from './report/report.ts'
export { type BytesSource, checkPixelCount, type PhotoSource, unreadable } from './image/photo.ts'
export { colormap, colormapNames } from './figure/colormap.ts'
export { contourLines } from './figure/contour.ts'
export { overlay } from './figure/overlay.ts'
export { boxOf, largestComponent, maskOf } from './image/component.ts'
export { checkPaintOptions, type PaintOptions } from './figure/painting.ts'
export type { Grid, Pixels, Region } from './core/pixels.ts'
export { preprocess } from './image/preprocess.ts'
export { resize } from './image/resize.ts'
export { type Scale, scales } from './figure/scale.ts'
export { type OnnxRuntimeOptions, onnxRuntime, type OrtModule } from './runtime/onnxruntime.ts'
export type { ModelBytes, OpenOptions, Port, Provider, Runtime, Session } from './runtime/runtime.ts'
export type { NamedImageInput } from './explain/inputs.ts'
export { createExplainer, type Explainer, type ExplainerOptions } from './explain/explainer.ts'
export { type Request, resolveRequest } from './explain/request.ts'
export type { NetworkInfo } from './explain/state.ts'
export type { Activation, Channels, Decoding } from './objective/detection/decoding.ts'
export { type Label, resolveLabel } from './objective/labels.ts'
export { type Objective, type ObjectiveScope, type Prediction } from './objective/objective.ts'
export { checkObjective } from './objective/check.ts'
export { objectiveKinds } from './objective/kinds.ts'
export { parseObjective } from './objective/words.ts'
export type { FileRef } from './objective/kind.ts'
export type { ObjectiveInput, ObjectiveSpec } from './objective/kinds.ts'
export type { Mask } from './objective/mask.ts'
export { type ElementType, float32, type Tensor, type TensorData } from './core/tensor.ts'
export { nearestNames } from './core/text.ts'
export type { Forward, Rows } from './run/forward.ts'
export type { ForwardSpec } from './run/forward-model.ts'
export type { GraphContext } from './run/graph-context.ts'
export type { ForwardResult, RunContext } from './run/run-context.ts'
export { version } from './core/version.ts'
export { scoreText, shortDetails } from './figure/words.ts'
