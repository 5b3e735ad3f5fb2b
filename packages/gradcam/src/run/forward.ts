/** @file A compiled forward pass, run in batches over any number of items. */
import { repeated, stacked } from '../core/batch.ts'
import { listenForCancelling } from '../core/cancellation.ts'
import { internalError } from '../core/errors.ts'
import type { Session } from '../runtime/runtime.ts'
import { float32, sizeOf, type Tensor, toFloat32 } from '../core/tensor.ts'
import type { Progress } from '../core/progress.ts'
import type { FeedSpec, ForwardModel } from './forward-model.ts'

/** Values for the items of one batch, by feed or output: one row after the other. */
export type Rows = Readonly<Record<string, Float32Array>>

/** A compiled forward pass that runs in batches. */
export interface Forward {
  /** Items that run together. */
  readonly batchSize: number
  /** The model's outputs, [N, …]. */
  readonly outputs: ForwardModel['outputs']
  /**
   * Runs `count` items in batches. `feeds` gives the values for items `from` … `from + size − 1` (feeds for all: the one
   * value); `take` gets the outputs of these items, and may end the loop by returning 'stop'.
   */
  each(
    count: number,
    feeds: (from: number, size: number) => Rows,
    take: (outputs: Rows, from: number, size: number) => 'stop' | undefined | void,
    /** Default: the progress of the whole method. */
    progress?: Progress,
  ): Promise<void>
  /** All items at once: outputs one after the other. */
  run(count: number, feeds: (from: number, size: number) => Rows, progress?: Progress): Promise<Rows>
}

export interface ForwardSource {
  made: ForwardModel
  session: Session
  /** What the network is fed for the image, [1, …] each: repeated for every item. */
  feeds: Readonly<Record<string, Tensor>>
  /** The objective's parameters, [1, …] each, by the model's inputs. */
  parameters: Readonly<Record<string, Tensor>>
  /** What the items are made from, where the model takes it: the image or its features, [1, …]. */
  base: Tensor | undefined
  batchSize: number
  /** Whether every batch must have exactly that size: a shorter one is filled up. */
  fixed: boolean
  signal: AbortSignal | undefined
  progress: Progress
}

export function createForward({ made, session, feeds: ofImage, parameters, base, batchSize, fixed, ...source }: ForwardSource): Forward {
  const wanted = new Set(session.inputs.map(({ name }) => name))
  /** Everything that is the same for every item, for a batch of `size`. */
  const standing = (size: number): Record<string, Tensor> => {
    const feeds: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(ofImage)) if (wanted.has(name)) feeds[name] = repeated(tensor, size)
    for (const [name, tensor] of Object.entries(parameters)) if (wanted.has(name)) feeds[name] = tensor
    if (base) feeds[made.base.name] = made.base.each ? repeated(base, size) : base
    return feeds
  }
  const batch = async (size: number, rows: Rows, shared: Record<string, Tensor>): Promise<Rows> => {
    const feeds = { ...shared }
    for (const [name, { name: input, spec }] of Object.entries(made.feeds)) {
      if (wanted.has(input)) feeds[input] = rowsOf(name, spec, rows[name], size, fixed ? batchSize : size)
    }
    const run = await session.run(feeds)
    const outputs: Record<string, Float32Array> = {}
    for (const [name, output] of Object.entries(made.outputs)) {
      const tensor = run[output.name]
      if (!tensor) throw internalError(`the run did not return ${name}`)
      const values = toFloat32(tensor)
      const length = values.length / (tensor.dims[0] ?? 1)
      outputs[name] = values.subarray(0, size * length)
    }
    return outputs
  }
  const each: Forward['each'] = async (count, feeds, take, progress = source.progress) => {
    let shared: { size: number; feeds: Record<string, Tensor> } | undefined
    for (let from = 0; from < count; from += batchSize) {
      await listenForCancelling(source.signal)
      const size = Math.min(batchSize, count - from)
      if (shared?.size !== size) shared = { size, feeds: standing(fixed ? batchSize : size) }
      const verdict = take(await batch(size, feeds(from, size), shared.feeds), from, size)
      progress(from + size, count)
      if (verdict === 'stop') return
    }
  }
  return {
    batchSize,
    outputs: made.outputs,
    each,
    async run(count, feeds, progress) {
      const outputs: Record<string, Float32Array> = {}
      const take = (rows: Rows, from: number, size: number): void => {
        for (const [name, values] of Object.entries(rows)) {
          const length = values.length / size
          const whole = (outputs[name] ??= new Float32Array(count * length))
          whole.set(values, from * length)
        }
      }
      await each(count, feeds, take, progress)
      return outputs
    },
  }
}

/** The values of a feed as a tensor; a fixed batch is filled up with the first item. */
function rowsOf(name: string, { shape, each }: FeedSpec, values: Float32Array | undefined, size: number, batch: number): Tensor {
  const length = sizeOf(shape)
  if (values?.length !== (each ? size : 1) * length) throw new Error(`${values?.length ?? 'no'} values for ${size} items of ${name}`)
  if (!each || batch === size) return float32(values, [each ? size : 1, ...shape])
  const first = values.subarray(0, length)
  return float32(stacked([values, ...Array.from({ length: batch - size }, () => first)]), [batch, ...shape])
}
