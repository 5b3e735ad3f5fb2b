/** @file The public surface that runs anywhere, exported name by name. */
export { type ErrorCode, GradcamError, type Warning } from './core/errors.ts'
export { explanationJson } from './explain/explanation.ts'
export type { ExplanationData, ExplanationJson, Provenance, ScoreKind } from './explain/explanation.ts'
export { gradient, type GradientRequest, type TensorObjective } from './gradient/gradient.ts'
export { lrpEpsilon, lrpEpsilonGamma, lrpEpsilonPlus, lrpGamma, lrpZPlus, ruleTable, ruleTables } from './gradient/tables.ts'
export type { RuleTableName } from './gradient/tables.ts'
export type { RuleTable } from './gradient/walk.ts'
export type { InputCheck, Way, WayChecked } from './contract/check-input.ts'
export type { Contract } from './contract/contract.ts'
export { describeSteps, describeWindow } from './contract/describe.ts'
export type { Fact, FactSource, Origin } from './contract/fact.ts'
export type { InGraph } from './contract/in-graph.ts'
export type { ImageFacts, InputFacts, InputLayout, InputRole } from './contract/input.ts'
export type { ModelOptions } from './contract/known.ts'
export type { AnswerKind } from './contract/answer.ts'
export type { OutputContract, OutputKind } from './contract/output-kind.ts'
export { channelOrders, type PreparationOptions, type Resizing, resizings } from './contract/preparation-options.ts'
export type { PixelValues } from './contract/pixel-values.ts'
export type { Preparation } from './contract/preparation.ts'
export { type Task, tasks } from './contract/task.ts'
export { type Values, valuesText } from './contract/values.ts'
export { parseLabels } from './contract/labels/text.ts'
export { appendToModel, deriveModel } from './graph/derive.ts'
export type { LayerCandidates } from './graph/candidates.ts'
export type { LayerCandidate, LayerChoice, LayerOptions, Layers } from './graph/layers.ts'
export { readNpy, writeNpy } from './io/npy.ts'
export { readTensorProto, writeTensorProto } from './io/onnx-tensor.ts'
export { type Fusion, fusions } from './method/fusion.ts'
export { defineMethod, methodNamed, methods } from './method/method.ts'
export type { Family, GraphMethod, Method, Outcome, RunMethod } from './method/method.ts'
export type { OptionSpec, OptionTable, OptionValue, OptionValues, ValuesOf } from './method/options.ts'
export { activations, normalizations, type PostProcessing, upsamplings, usualPost } from './method/post.ts'
export { type PresetName, presetNames } from './method/presets.ts'
export type { InputSize } from './model/input-size.ts'
export {
  type CropStep,
  defaultPreprocessing,
  type Fill,
  type Filter,
  type PadStep,
  type PointFilter,
  type Preprocessing,
  type ResizeStep,
  type ResizeTo,
  type Rounding,
  type SmoothFilter,
  type Step,
} from './model/preprocessing.ts'
export type { Said } from './model/preprocessing/fields.ts'
export {
  kerasPreprocessing,
  namedPreprocessing,
  type PreprocessingName,
  preprocessingNames,
  ultralyticsPreprocessing,
} from './model/preprocessing/named.ts'
export { ownPreprocessing } from './model/preprocessing/own.ts'
export type { ReadPreprocessing } from './model/preprocessing/processor.ts'
export { parsePreprocessing, readPreprocessing } from './model/preprocessing/sources.ts'
export type { External, ExternalFile, ExternalFolder } from './model/external.ts'
export type { ModelSource } from './graph/source.ts'
export { type Model, readModel } from './graph/model.ts'
export type { OutputCheck, Verification } from './explain/verify.ts'
export type { GradientPath, PathStep } from './explain/path.ts'
export type { Digests, ReplayOptions, Smoothing } from './explain/provenance.ts'
export type { Explanation, GradientOptions, LoadOptions, ModelInfo, Network } from './network.ts'
export { createGradcam, type Gradcam } from './gradcam.ts'
export { type Engine, engines, type FigureFormat, type FontScript, type FontWeight, type Host, type ModelFiles } from './host.ts'
export type { PhotoFormat, RuntimeOptions, TextFile } from './host.ts'
export type { Figure, OverlayOptions } from './figure/figure.ts'
export type { Report, ReportOptions } from './report/report.ts'
export type { Bytes } from './core/bytes.ts'
export type { ImageDataLike } from './image/source.ts'
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
export {
  type Device,
  devices,
  type ModelBytes,
  type OpenOptions,
  type Port,
  type Provider,
  type Runtime,
  type Session,
} from './runtime/runtime.ts'
export type { NamedImageInput } from './explain/inputs.ts'
export { createExplainer, type Explainer, type ExplainerOptions } from './explain/explainer.ts'
export { type ExplainOptions, type PreparedImage, type Request, resolveRequest } from './explain/request.ts'
export type { NetworkInfo } from './explain/state.ts'
export type { Activation, BoxChannels, BoxFormat, Channels, Decoding, Places } from './contract/decoding.ts'
export { type Label, resolveLabel } from './objective/labels.ts'
export { type Objective, type ObjectiveScope, type Prediction } from './objective/objective.ts'
export { checkObjective } from './objective/check.ts'
export { parseObjective } from './objective/words.ts'
export type { FileRef } from './objective/kind.ts'
export { objectiveKinds, type ObjectiveInput, type ObjectiveSpec } from './objective/kinds.ts'
export type { Mask } from './objective/mask.ts'
export { type ElementType, float32, type Tensor, type TensorData } from './core/tensor.ts'
export { nearestNames } from './core/text.ts'
export type { Forward, Rows } from './run/forward.ts'
export type { ForwardSpec } from './run/forward-model.ts'
export type { GraphContext } from './run/graph-context.ts'
export type { ForwardResult, RunContext } from './run/run-context.ts'
export { version } from './core/version.ts'
export { scoreText, shortDetails } from './figure/words.ts'
export type { LevelWindow } from './model/level-window.ts'
