/** @file What execution providers cannot do: operators that gradcam never emits, known faults, and the forms that are emitted instead. */
import type { Provider } from './runtime.ts'

export interface Fault {
  provider: Provider
  operator: string
  /** When it happens. */
  when: string
  /** `stays on the CPU`: correct, but the data travels there and back. */
  happens: 'fails' | 'is wrong' | 'stays on the CPU'
  /** What rules emit instead; absent where only nodes of the model itself meet the fault. */
  instead?: string
}

const webgpu = (operator: string, happens: Fault['happens'], when: string, instead?: string): Fault => ({
  provider: 'webgpu',
  operator,
  when,
  happens,
  ...(instead === undefined ? {} : { instead }),
})
const without = (operator: string, instead: string): Fault => webgpu(operator, 'stays on the CPU', 'always', instead)

/** Faults of ONNX Runtime 1.30, each shown by a test that fails once it is mended. docs/operators.md lists them. */
export const faults = {
  convChannels: webgpu(
    'Conv',
    'is wrong',
    'without groups, 6, 9, 15 … input channels (of three, not of four), a multiple of four filters, but for 1×1 filters without strides (compare onnxruntime issue 29651)',
    'Conv of channels filled up with zeros',
  ),
  groupedConv: webgpu('Conv', 'is wrong', 'grouped, with four or more filters per group and no multiple of four', 'one Conv per group'),
  groupedConvTranspose: webgpu(
    'ConvTranspose',
    'is wrong',
    'grouped, with one channel out of an even number in each group',
    'one ConvTranspose per group',
  ),
  convTransposeOfVolumes: webgpu('ConvTranspose', 'fails', 'three spatial axes', 'Conv with the filters turned round'),
  maxPoolIndices: webgpu(
    'MaxPool',
    'fails',
    'with its second output, the indices',
    'ArgMax over windows laid side by side, or one axis after the other',
  ),
  antialias: webgpu('Resize', 'fails', 'with antialias', 'a product with the matrix of its weights'),
  softmax: webgpu('Softmax', 'fails', 'before opset 13, over several axes whose product divides by two or four where the last does not'),
  reduceLogSumExp: webgpu('ReduceLogSumExp', 'is wrong', 'of numbers whose exponential overflows'),
  Sum: without('Sum', 'Add'),
  Mean: without('Mean', 'Mul by one over their number'),
  Sign: without('Sign', 'comparisons'),
  Or: without('Or', 'Not and And'),
  Xor: without('Xor', 'Not and And'),
  OneHot: without('OneHot', 'Equal with counted places'),
  ConstantOfShape: without('ConstantOfShape', 'Expand'),
  LogSoftmax: without('LogSoftmax', 'Exp of its value'),
  EyeLike: without('EyeLike', 'a constant'),
  Mod: without('Mod', 'Sub and Div of its value'),
  Round: without('Round', 'Add and Floor'),
  LRN: without('LRN', 'a product with a band of ones'),
  SpaceToDepth: without('SpaceToDepth', 'Reshape and Transpose'),
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults

const onlyOnCpu = new Map<string, Fault>(
  Object.values<Fault>(faults).flatMap((fault) => (fault.happens === 'stays on the CPU' ? [[fault.operator, fault]] : [])),
)

/** Why a node may not be emitted; undefined where it may. */
export function neverEmitted(operator: string, outputs: number, attributes: Readonly<Record<string, unknown>>): string | undefined {
  const fault: Fault | undefined =
    operator === 'MaxPool' && outputs > 1
      ? faults.maxPoolIndices
      : operator === 'Resize' && (attributes['antialias'] ?? 0) !== 0
        ? faults.antialias
        : onlyOnCpu.get(operator)
  return fault && `${operator} ${fault.happens} on ${fault.provider} (${fault.when}): emit ${fault.instead}`
}

/** How many channels of zeros a Conv without groups needs besides its own, by the shape of its filters: [K, C, kernel…] */
export function missingChannels([filters, channels, ...kernel]: readonly (number | string)[], strided: boolean): number {
  if (typeof filters !== 'number' || typeof channels !== 'number' || kernel.length > 2) return 0
  if (!strided && kernel.every((size) => size === 1)) return 0
  const wrong = filters % 4 === 0 && channels > 3 && channels % 3 === 0 && channels % 4 !== 0
  return wrong ? 4 - (channels % 4) : 0
}

/** Whether a grouped Conv must be emitted group by group. */
export const convApart = (groups: number, filtersPerGroup: number): boolean =>
  groups > 1 && filtersPerGroup >= 4 && filtersPerGroup % 4 !== 0

/** Whether a grouped ConvTranspose must be emitted group by group. */
export const convTransposeApart = (groups: number, inputsPerGroup: number, outputsPerGroup: number): boolean =>
  groups > 1 && outputsPerGroup === 1 && inputsPerGroup % 2 === 0

/** Whether ConvTranspose may be emitted for that many spatial axes. */
export const hasConvTranspose = (spatialAxes: number): boolean => spatialAxes <= 2

/** What a fault of a model's own node hangs on. */
export interface SuspectNode {
  operator: string
  /** Shape of its second input, where that is known. */
  weights: readonly number[] | undefined
  groups: number
  strided: boolean
}

/** The known fault that makes a node's answer wrong without an error. */
export function silentFault(provider: Provider, { operator, weights, groups, strided }: SuspectNode): Fault | undefined {
  if (provider !== 'webgpu') return undefined
  if (operator === 'ReduceLogSumExp') return faults.reduceLogSumExp
  const [first = 0, second = 0] = weights ?? []
  if (operator === 'ConvTranspose' && convTransposeApart(groups, first / groups, second)) return faults.groupedConvTranspose
  if (operator !== 'Conv') return undefined
  if (groups > 1) return convApart(groups, first / groups) ? faults.groupedConv : undefined
  return missingChannels(weights ?? [], strided) > 0 ? faults.convChannels : undefined
}
