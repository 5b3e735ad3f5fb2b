/** @file ONNX Runtime behind the Runtime interface; the same code for onnxruntime-node and onnxruntime-web. */
import type * as Ort from 'onnxruntime-common'
import { badOption, GradcamError } from '../core/errors.ts'
import type { ElementType, Tensor, TensorData } from '../core/tensor.ts'
import { serialRuntime } from './serial.ts'
import type { ModelBytes, OpenOptions, Port, Provider, Runtime, Session } from './runtime.ts'

/** Settings of an ONNX Runtime engine. */
export interface OnnxRuntimeOptions {
  provider: Provider
  /** Threads inside one operator. Default: the engine's own choice. WebAssembly has one number for all networks of a process or page. */
  threads?: number
}

/** The parts of onnxruntime-node and onnxruntime-web that are used here. */
export interface OrtModule {
  InferenceSession: Ort.InferenceSessionFactory
  Tensor: Ort.TensorConstructor
  env: Ort.Env
}

/**
 * Wraps an ONNX Runtime module: `onnxruntime-web` in a browser (provider `wasm`), `onnxruntime-node` elsewhere (provider `cpu`;
 * `nodeRuntime` of `gradcam/node` does that). Nothing is loaded before a model is opened.
 *
 * WebAssembly and WebGPU open and run one session at a time, whatever network it belongs to.
 *
 * What is opened fails with `model-refused` where the engine cannot load a model, with `run-failed` where it cannot run it, and with
 * `unsupported-model` for a model whose weights were left on disk in a browser.
 *
 * @param ort the module: `import * as ort from 'onnxruntime-web/wasm'`
 * @throws GradcamError `bad-option` where WebAssembly was already given another number of threads
 * @example
 * // import * as ort from 'onnxruntime-web/wasm'
 * const runtime = onnxRuntime(ort, { provider: 'wasm' })
 */
export function onnxRuntime(ort: OrtModule, options: OnnxRuntimeOptions): Runtime {
  const versions = ort.env.versions
  const version = versions.node ?? versions.web ?? versions.common ?? 'unknown'
  const runtime: Runtime = {
    name: `onnxruntime ${version}, ${options.provider}`,
    provider: options.provider,
    open: (model, open) => openSession(ort, options, model, open ?? {}),
  }
  if (options.provider === 'cpu') return runtime
  const web = options.provider === 'wasm' || versions.node === undefined
  if (web && options.threads !== undefined) settleThreads(ort.env.wasm, options.threads)
  return serialRuntime(runtime, ort.env)
}

const threadsAskedFor = new WeakMap<Ort.Env.WebAssemblyFlags, number>()

/**
 * WebAssembly makes its threads once, with the first session, and no option of a session changes that. Their number shows in the last
 * digits, so that another one is refused, not ignored.
 */
function settleThreads(wasm: Ort.Env.WebAssemblyFlags, threads: number): void {
  const settled = threadsAskedFor.get(wasm) ?? wasm.numThreads ?? threads
  if (settled !== threads) {
    throw badOption(
      `\`threads\` is ${threads}, and WebAssembly is set to ${settled} for this process`,
      'give all networks that use WebAssembly the same `threads`, in Node 1 by default',
    )
  }
  threadsAskedFor.set(wasm, threads)
  wasm.numThreads = threads
}

async function openSession(ort: OrtModule, options: OnnxRuntimeOptions, model: ModelBytes, open: OpenOptions): Promise<Session> {
  const external = externalSettings(ort, model.external)
  const { withoutOptimisers = [] } = model
  const unpacked = model.weightsAsTheyLie ? { disable_prepacking: '1' } : {}
  const settings: Ort.InferenceSession.SessionOptions = {
    executionProviders: [options.provider],
    graphOptimizationLevel: open.optimize === false ? 'disabled' : 'all',
    // severity 4 (fatal): failures arrive as exceptions, and warnings would go to the user's terminal
    logSeverityLevel: 4,
    // level 4, the engine's own choice, rounds activations to 8 bits wherever they meet quantised weights: gradients, too
    // threads that went on spinning after a run would take the cores from the next session's run
    extra: {
      session: { qdq_matmulnbits_accuracy_level: '1', force_spinning_stop: '1', ...unpacked, ...external.session },
      ...(withoutOptimisers.length === 0 ? {} : { optimization: { disable_specified_optimizers: withoutOptimisers.join(';') } }),
    },
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    ...external.options,
  }
  const { session, partlyOnCpu } = await created(ort, model.bytes, settings).catch((cause: unknown) => {
    throw new GradcamError('model-refused', `the runtime cannot open the model: ${firstLine(cause)}`, {
      hint: 'check the model with onnx.checker, or export it again with a supported opset',
      cause,
    })
  })
  return {
    partlyOnCpu,
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    run: (feeds, fetches) => runSession(ort, session, feeds, fetches),
    release: () => session.release(),
  }
}

/** ONNX Runtime runs on the CPU what a device lacks, and does not tell: so that is forbidden first. */
async function created(
  ort: OrtModule,
  bytes: Uint8Array,
  settings: Ort.InferenceSession.SessionOptions,
): Promise<{ session: Ort.InferenceSession; partlyOnCpu: boolean }> {
  const create = (own: typeof settings): Promise<Ort.InferenceSession> => ort.InferenceSession.create(bytes, own)
  const [provider = 'cpu'] = settings.executionProviders ?? []
  if (provider === 'cpu' || provider === 'wasm') return { session: await create(settings), partlyOnCpu: false }
  const { extra = {} } = settings
  const alone = { ...settings, extra: { ...extra, session: { ...Object(extra['session']), disable_cpu_ep_fallback: '1' } } }
  const session = await create(alone).catch(() => undefined)
  return session ? { session, partlyOnCpu: false } : { session: await create(settings), partlyOnCpu: true }
}

interface ExternalSettings {
  options?: Pick<Ort.InferenceSession.SessionOptions, 'externalData'>
  session?: Record<string, string>
}

/** The engine takes bytes for all external data, or a folder for all of it: never some of each. */
function externalSettings(ort: OrtModule, external: ModelBytes['external']): ExternalSettings {
  if (!('folder' in external)) return external.length === 0 ? {} : { options: { externalData: external.map((file) => ({ ...file })) } }
  if (ort.env.versions.node === undefined) {
    throw new GradcamError('unsupported-model', 'this runtime reads no files, and the weights of the model were left on disk', {
      hint: 'read the model with its data files in memory, or use the runtime for Node',
    })
  }
  return { session: { model_external_initializers_file_folder_path: external.folder } }
}

async function runSession(
  ort: OrtModule,
  session: Ort.InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  fetches: readonly string[] | undefined,
): Promise<Record<string, Tensor>> {
  const given: Record<string, Ort.Tensor> = {}
  for (const [name, tensor] of Object.entries(feeds)) given[name] = toOrt(ort, tensor)
  let results: Ort.InferenceSession.ReturnType
  try {
    results = await (fetches ? session.run(given, [...fetches]) : session.run(given))
  } catch (cause) {
    throw new GradcamError('run-failed', `the runtime failed while running the model: ${firstLine(cause)}`, {
      hint: 'check the shape and type of the input; `cause` shows the whole message',
      cause,
    })
  }
  const tensors: Record<string, Tensor> = {}
  for (const [name, value] of Object.entries(results)) {
    if ('data' in value) tensors[name] = await fromOrt(value)
  }
  return tensors
}

function toOrt(ort: OrtModule, tensor: Tensor): Ort.Tensor {
  const make = ort.Tensor as unknown as new (type: string, data: TensorData, dims: readonly number[]) => Ort.Tensor
  const made = new make(tensor.type, tensor.data, tensor.dims)
  // where there is a Float16Array, as in Node 24, the tensor holds one, and onnxruntime-node takes that for an empty buffer
  const bits = tensor.type === 'float16' && ort.env.versions.node !== undefined
  return bits ? Object.defineProperty(made, 'data', { value: tensor.data }) : made
}

async function fromOrt(tensor: Ort.Tensor): Promise<Tensor> {
  const data = (tensor.location === 'cpu' ? tensor.data : await tensor.getData(true)) as TensorData
  // runtimes with Float16Array hand it out; gradcam keeps the 16 bits
  const bits = tensor.type === 'float16' && !(data instanceof Uint16Array)
  const view = bits ? new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.length) : data
  return { type: tensor.type as ElementType, dims: tensor.dims, data: view }
}

function portOf(meta: Ort.InferenceSession.ValueMetadata): Port {
  if (!meta.isTensor) return { name: meta.name, type: 'float32', shape: undefined }
  // onnxruntime-web shows a dimension that it does not know as −1 without its sign
  const shape = meta.shape.map((dim) => (typeof dim === 'number' && dim > 2 ** 31 ? '' : dim))
  return { name: meta.name, type: meta.type as ElementType, shape }
}

function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return (text.split('\n')[0] ?? '').slice(0, 300)
}
