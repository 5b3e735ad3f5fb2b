/**
 * @file What gradcam needs of an engine that runs ONNX models: open bytes, say what goes in and out, run. Sessions may live in workers:
 * everything that is handed over can be copied by `postMessage`, and nothing depends on both sides holding the same object.
 */
import type { ElementType, Tensor } from '../core/tensor.ts'

/** Where the native engine runs networks, as ONNX Runtime calls its execution providers: which of them there are hangs on the platform. */
export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const
/** Name of a device; docs/engines.md describes them. */
export type Device = (typeof devices)[number]

/** Execution providers of ONNX Runtime: devices, and WebAssembly. */
export type Provider = Device | 'wasm'

/**
 * A model as an engine takes it: a protobuf, and what its external data refers to by path: bytes, or a folder in which
 * the engine finds the files by itself.
 */
export interface ModelBytes {
  bytes: Uint8Array
  external: readonly { path: string; data: Uint8Array }[] | { folder: string }
  /** Optimisers that the engine must not run, as they would compute something else than the graph says. Default: none. */
  withoutOptimisers?: readonly string[]
  /** Whether the engine uses weights where they lie, instead of copies in an order of its own. Default: false. */
  weightsAsTheyLie?: boolean
}

/** An input or output: dimensions that are not fixed are named; `undefined` where the engine does not know the rank. */
export interface Port {
  name: string
  type: ElementType
  shape: readonly (number | string)[] | undefined
}

/** How a model is opened. */
export interface OpenOptions {
  /** Off for runs that only look at shapes: opening is faster, and no tensor disappears. */
  optimize?: boolean
  /** How many runs are to come. Many may go side by side, on one thread each; a runtime that does not do that ignores it. Default: 1. */
  runs?: number
}

/** A model that an engine has opened. */
export interface Session {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** How many runs go side by side; further ones wait for them. Default: 1. */
  readonly atOnce?: number
  /** Whether the device lacks some of its operators, so that the CPU runs those. */
  readonly partlyOnCpu?: boolean
  /** Runs once. `fetches` limits which outputs are copied out; the whole graph is computed all the same. */
  run(feeds: Readonly<Record<string, Tensor>>, fetches?: readonly string[]): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

/** An engine that runs ONNX models. */
export interface Runtime {
  /** Name and version of the engine, for provenance. */
  readonly name: string
  readonly provider: Provider
  /** From how many runs on a session is another one, whose runs go side by side, and how many of them at once. Absent: never. */
  readonly sideBySide?: { from: number; atOnce: number }
  open(model: ModelBytes, options?: OpenOptions): Promise<Session>
  /** Ends what the runtime keeps besides its sessions, as threads; it may be used again. */
  close?(): Promise<void>
}

/** The same engine, which leaves graphs as they are written: a tensor has the same digits in every graph that holds it. */
export const withoutOptimising = (runtime: Runtime): Runtime => ({
  ...runtime,
  open: (model, options) => runtime.open(model, { optimize: false, ...options }),
})
