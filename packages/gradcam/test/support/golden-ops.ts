/** @file Loads the cases of ../shared/golden/ops: small models with inputs, outputs, seeds and true gradients. */
import { existsSync, readFileSync } from 'node:fs'
import { readTensorProto } from '../../src/io/onnx-tensor.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import type { Tolerance } from './close.ts'
import { requireShared } from './shared.ts'

/** A line of index.json. */
export interface OpCase {
  /** `Conv/pads_bias` */
  path: string
  op: string
  opset: number
  /** Operator types of the graph. */
  nodes: string[]
  /** On a kink or a tie, whose derivative is a matter of choice. */
  tie: boolean
}

export interface LoadedOpCase extends OpCase {
  model: Uint8Array
  /** By graph-input name. */
  inputs: Record<string, Tensor>
  /** By graph-output name. */
  outputs: Record<string, Tensor>
  outputTolerance: Record<string, Tolerance>
  /** Upstream gradients of the float outputs, by output name. */
  seeds: Record<string, Tensor>
  /** d( Σ seed · output ) / d input, by input name. */
  grads: Record<string, Tensor>
  gradTolerance: Record<string, Tolerance>
  note: string
}

interface CaseFile {
  inputs: string[]
  outputs: string[]
  grad_inputs: number[]
  seed_outputs: number[]
  tolerance: { output: Record<string, Tolerance>; grad: Record<string, Tolerance> }
  note: string
}

/** The cases of the index that pass the filter, in its order. */
export function listOpCases(filter: (entry: OpCase) => boolean = () => true): OpCase[] {
  const index = JSON.parse(readFileSync(requireShared('golden/ops/index.json'), 'utf8')) as OpCase[]
  return index.filter(filter)
}

/** The model's bytes alone. */
export const opModel = (path: string): Uint8Array => readFileSync(requireShared(`golden/ops/${path}/model.onnx`))

/** Everything of one case. */
export function loadOpCase(entry: OpCase): LoadedOpCase {
  const folder = requireShared('golden/ops', entry.path)
  const info = JSON.parse(readFileSync(`${folder}/case.json`, 'utf8')) as CaseFile
  const tensor = (file: string): Tensor => readTensorProto(readFileSync(`${folder}/test_data_set_0/${file}.pb`))
  const name = (names: string[], k: number): string => {
    const found = names[k]
    if (found === undefined) throw new Error(`${entry.path}: no input or output ${k}`)
    return found
  }
  const named = <T>(names: string[], ks: number[], value: (k: number) => T): Record<string, T> =>
    Object.fromEntries(ks.map((k) => [name(names, k), value(k)]))
  const tolerance = (table: Record<string, Tolerance>) => (k: number) => {
    const found = table[k]
    if (found === undefined) throw new Error(`${entry.path}: no tolerance for ${k}`)
    return found
  }
  const { inputs, outputs, grad_inputs, seed_outputs } = info
  const allOutputs = [...outputs.keys()].filter((k) => existsSync(`${folder}/test_data_set_0/output_${k}.pb`))
  return {
    ...entry,
    model: readFileSync(`${folder}/model.onnx`),
    inputs: named(inputs, [...inputs.keys()], (k) => tensor(`input_${k}`)),
    outputs: named(outputs, allOutputs, (k) => tensor(`output_${k}`)),
    outputTolerance: named(outputs, allOutputs, (k) => info.tolerance.output[k] ?? { atol: 0, rtol: 0 }),
    seeds: named(outputs, seed_outputs, (k) => tensor(`seed_${k}`)),
    grads: named(inputs, grad_inputs, (k) => tensor(`grad_${k}`)),
    gradTolerance: named(inputs, grad_inputs, tolerance(info.tolerance.grad)),
    note: info.note,
  }
}
