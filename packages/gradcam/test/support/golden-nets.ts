/** @file Loads the networks of ../shared/golden/nets: models with features, true gradients and class activation maps. */
import { readFileSync } from 'node:fs'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import { sizeOf, type Tensor, toFloat32 } from '../../src/core/tensor.ts'
import type { Tolerance } from './close.ts'
import { requireShared } from './shared.ts'

/** A line of index.json. */
export interface NetEntry {
  net: string
  context: string
  opset: number
  ops: string[]
}

/** Class activation maps by row name (`gradcam`, `layercam` …), each [N, h, w]. */
export type CamRows = Record<string, { map: Tensor; tolerance: Tolerance }>

export interface NetTarget {
  /** Name of the graph output that is explained. */
  output: string
  /** A class (channel 1 of every image and place), one class per image, a full position, or null: only the seed says it. */
  index: number | number[] | null
  text: string
  score: number[]
  /** y = Σ seed · output. */
  seed: Tensor
  gradFeatures: Tensor
  gradFeaturesTolerance: Tolerance
  /** By input name; target 0 only. */
  gradInputs: Record<string, { gradient: Tensor; tolerance: Tolerance }>
  raw: CamRows
  norm: CamRows
}

/** What input methods say of target 0 and the first input. */
export interface InputMethod {
  /** [N, 3, H, W], or [N, H, W]. */
  value: Tensor
  tolerance: Tolerance
  /** Noise of smoothgrad, [samples, N, 3, H, W]. */
  noise?: Tensor
}

export type InputMethodName = 'integrated_gradients' | 'smoothgrad' | 'guided_backprop' | 'occlusion' | 'fullgrad'

export interface LoadedNet extends NetEntry {
  model: Uint8Array
  inputs: Record<string, Tensor>
  outputs: Record<string, { tensor: Tensor; tolerance: Tolerance }>
  features: {
    tensor: string
    value: Tensor
    tolerance: Tolerance
    layout: 'nchw' | 'nhwc' | 'nlc'
    grid: [number, number]
    skipTokens: number
  }
  targets: NetTarget[]
  note: string
}

interface TargetFile {
  output: string
  index: number | number[] | null
  text: string
  seed_file: string
  score: number[]
  grad_features: string
  grad_inputs?: string[]
  cams: { rows: string[]; raw: string; norm: string; tolerance_raw: Record<string, Tolerance>; tolerance_norm: Record<string, Tolerance> }
}

interface NetFile extends NetEntry {
  inputs: { name: string; file: string }[]
  outputs: { name: string; file: string }[]
  features: { tensor: string; file: string; layout: 'nchw' | 'nhwc' | 'nlc'; grid: [number, number]; skip_tokens: number }
  targets: TargetFile[]
  input_methods: Partial<Record<InputMethodName, { file: string; noise?: string }>>
  tolerance: Record<string, Tolerance>
  note: string
}

/** The networks of the index that pass the filter, in its order. */
export function listNets(filter: (entry: NetEntry) => boolean = () => true): NetEntry[] {
  return (JSON.parse(readFileSync(requireShared('golden/nets/index.json'), 'utf8')) as NetEntry[]).filter(filter)
}

/** Everything of one network but its input methods. */
export function loadNet(net: string): LoadedNet {
  const folder = requireShared('golden/nets', net)
  const info = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8')) as NetFile
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(`${folder}/${file}`))
  const tolerance = (file: string): Tolerance => found(info.tolerance[file.replace(/\.pb$/, '')], `${net}: tolerance of ${file}`)
  const target = (t: TargetFile): NetTarget => ({
    output: t.output,
    index: t.index,
    text: t.text,
    score: t.score,
    seed: tensor(t.seed_file),
    gradFeatures: tensor(t.grad_features),
    gradFeaturesTolerance: tolerance(t.grad_features),
    gradInputs: Object.fromEntries(
      (t.grad_inputs ?? []).map((file, k) => [
        found(info.inputs[k], `${net}: input ${k}`).name,
        { gradient: tensor(file), tolerance: tolerance(file) },
      ]),
    ),
    raw: camRows(tensor(t.cams.raw), t.cams.rows, t.cams.tolerance_raw),
    norm: camRows(tensor(t.cams.norm), t.cams.rows, t.cams.tolerance_norm),
  })
  const { features } = info
  return {
    net,
    context: info.context,
    opset: info.opset,
    ops: info.ops,
    note: info.note,
    model: readFileSync(`${folder}/model.onnx`),
    inputs: Object.fromEntries(info.inputs.map(({ name, file }) => [name, tensor(file)])),
    outputs: Object.fromEntries(info.outputs.map(({ name, file }) => [name, { tensor: tensor(file), tolerance: tolerance(file) }])),
    features: {
      tensor: features.tensor,
      value: tensor(features.file),
      tolerance: tolerance(features.file),
      layout: features.layout,
      grid: features.grid,
      skipTokens: features.skip_tokens,
    },
    targets: info.targets.map(target),
  }
}

/** What the input methods of a network say; methods that are not stored are missing. */
export function loadInputMethods(net: string): Partial<Record<InputMethodName, InputMethod>> {
  const folder = requireShared('golden/nets', net)
  const info = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8')) as NetFile
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(`${folder}/${file}`))
  return Object.fromEntries(
    Object.entries(info.input_methods).map(([name, { file, noise }]) => [
      name,
      {
        value: tensor(file),
        tolerance: found(info.tolerance[file.replace(/\.pb$/, '')], `${net}: tolerance of ${file}`),
        ...(noise === undefined ? {} : { noise: tensor(noise) }),
      },
    ]),
  )
}

/** Splits [rows, N, h, w] into its rows. */
function camRows(all: Tensor, rows: string[], tolerances: Record<string, Tolerance>): CamRows {
  const dims = all.dims.slice(1)
  const size = sizeOf(dims)
  const values = toFloat32(all)
  return Object.fromEntries(
    rows.map((row, k) => {
      const map: Tensor = { type: 'float32', dims, data: values.subarray(k * size, (k + 1) * size) }
      return [row, { map, tolerance: found(tolerances[row], `tolerance of ${row}`) }]
    }),
  )
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is missing`)
  return value
}
