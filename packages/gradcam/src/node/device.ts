/** @file The devices of onnxruntime-node: which this build has, whether one can be used here, and what it lacks where it cannot. */
import { badOption, type GradcamError } from '../core/errors.ts'
import { float32 } from '../core/tensor.ts'
import { standaloneModel } from '../graph/derive.ts'
import { createBuilder } from '../graph/emit.ts'
import { checkedRuntime } from '../runtime/checked.ts'
import { onnxRuntime, type OrtModule } from '../runtime/onnxruntime.ts'
import { type Device, devices, type Runtime } from '../runtime/runtime.ts'

/** onnxruntime-node, which knows what it was built with. */
export interface NativeModule extends OrtModule {
  listSupportedBackends(): readonly { name: string; bundled: boolean }[]
}

/** What a device needs besides onnxruntime-node. */
const needs: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  webgpu:
    'it needs a graphics card with a driver for Vulkan, Metal or Direct3D 12; on Linux VK_ICD_FILENAMES may name a software driver, which is slow',
  cuda: 'it needs an NVIDIA card, CUDA 12 with cuDNN 9, and more of ONNX Runtime: npm install onnxruntime-node --onnxruntime-node-install=cuda12',
  dml: 'it needs a graphics card with a driver for Direct3D 12',
  coreml: 'it needs macOS 10.15 or newer',
}

/**
 * The native engine on a device, which was tried with one operator.
 *
 * @throws GradcamError `bad-option` where this build or this machine does not have it
 */
export async function deviceRuntime(ort: NativeModule, device: Device, threads: number | undefined): Promise<Runtime> {
  const own = threads === undefined ? {} : { threads }
  const cpu = onnxRuntime(ort, { provider: 'cpu', ...own })
  if (device === 'cpu') return cpu
  const built = ort.listSupportedBackends()
  const here = devices.filter((name) => built.some((each) => each.name === name))
  if (!here.includes(device)) throw notBuilt(ort, device, here)
  const runtime = onnxRuntime(ort, { provider: device, ...own })
  await quietly(ort, () => tryOut(runtime)).catch((cause: unknown) => {
    throw badOption(
      `\`device\` ${device} cannot be used here: ${reasonOf(cause)}`,
      `${needs[device]}. Without \`device\` the CPU runs the network`,
      {
        data: { option: 'device', value: device },
        cause,
      },
    )
  })
  return checkedRuntime(runtime, cpu)
}

function notBuilt({ env }: NativeModule, device: string, here: readonly Device[]): GradcamError {
  const known = (devices as readonly string[]).includes(device)
  const build = `onnxruntime-node ${env.versions.node ?? ''} for ${process.platform}-${process.arch}`
  return badOption(
    known ? `\`device\` ${device} is not in this build, ${build}` : `unknown \`device\`: ${device}`,
    `this build has ${here.join(', ')}`,
    { data: { option: 'device', value: device, allowed: here } },
  )
}

/** One operator, so that what a device lacks is told before a model is blamed. */
async function tryOut(runtime: Runtime): Promise<void> {
  const g = createBuilder(13, '', () => undefined)
  const x = { name: 'x', type: 'float32', shape: [1, 1, 2, 2] } as const
  const y = g.unary('Relu', x).name
  const session = await runtime.open(standaloneModel(13, { ...g.emission, inputs: [x] }, [y]))
  try {
    await session.run({ x: float32([-1, 0, 1, 2], x.shape) })
  } finally {
    await session.release()
  }
}

/** The engine writes to the terminal, too, why a library does not load, unless it is told not to before its first session. */
async function quietly<T>({ env }: OrtModule, work: () => Promise<T>): Promise<T> {
  const level = env.logLevel
  env.logLevel = 'fatal'
  try {
    return await work()
  } finally {
    if (level !== undefined) env.logLevel = level
  }
}

/** What the engine says, without the places in its sources. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(/^[\s\S]* was false\. /, '')
  return (text.split('\n')[0] ?? '').slice(0, 300).replace(/\.$/, '')
}
