/** @file A compiled forward pass, run in batches over any number of items. */
import { repeated, stacked } from '../core/batch.ts'
import { listenForCancelling, turns } from '../core/cancellation.ts'
import { internalError } from '../core/errors.ts'
import { inOrder } from '../core/in-order.ts'
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
   * Runs `count` items in batches, perhaps several at a time. `feeds` gives the values for items `from` … `from + size − 1` (feeds for
   * all: the one value), and may be asked for later items before earlier ones are done. `take` gets the outputs of these items and what
   * they were fed, in the order of the items, and may end the loop by returning 'stop'.
   */
  each(
    count: number,
    feeds: (from: number, size: number) => Rows,
    take: (outputs: Rows, from: number, size: number, fed: Rows) => 'stop' | undefined | void,
    /** Default: the progress of the whole method. */
    progress?: Progress,
  ): Promise<void>
  /** All items at once: outputs one after the other. */
  run(count: number, feeds: (from: number, size: number) => Rows, progress?: Progress): Promise<Rows>
}

export interface ForwardSource {
  made: ForwardModel
  /** The session for so many runs. */
  session(runs: number): Promise<Session>
  /** What the network is fed for the image, [1, …] each: repeated for every item. */
  feeds: Readonly<Record<string, Tensor>>
  /** The objective's parameters, [1, …] each, by the model's inputs. */
  parameters: Readonly<Record<string, Tensor>>
  /** What the items are made from, where the model takes it: the image or its features, [1, …]. */
  base(): Promise<Tensor | undefined>
  batchSize: number
  /** Whether every batch must have exactly that size: a shorter one is filled up. */
  fixed: boolean
  signal: AbortSignal | undefined
  progress: Progress
}

// of runs side by side: so many more are ready that no thread waits for its next one
const ahead = 2

export function createForward(source: ForwardSource): Forward {
  const { made, batchSize, signal } = source
  const each: Forward['each'] = async (count, feeds, take, progress = source.progress) => {
    const batches = Math.ceil(count / batchSize)
    const session = await source.session(batches)
    const run = await batchRunner(source, session)
    const { atOnce = 1 } = session
    await inOrder({
      count: batches,
      ...(atOnce > 1 ? { atOnce: ahead * atOnce, before: turns(signal) } : { atOnce: 1, before: () => listenForCancelling(signal) }),
      async begin(n) {
        const from = n * batchSize
        const size = Math.min(batchSize, count - from)
        const fed = feeds(from, size)
        return { from, size, fed, outputs: await run(size, fed) }
      },
      take({ from, size, fed, outputs }) {
        const verdict = take(outputs, from, size, fed)
        progress(from + size, count)
        return verdict
      },
    })
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

/** Runs one batch of `size` items. */
async function batchRunner(
  { made, feeds: ofImage, parameters, batchSize, fixed, ...source }: ForwardSource,
  session: Session,
): Promise<(size: number, rows: Rows) => Promise<Rows>> {
  const wanted = new Set(session.inputs.map(({ name }) => name))
  const base = wanted.has(made.base.name) ? await source.base() : undefined
  const standing = new Map<number, Record<string, Tensor>>()
  /** Everything that is the same for every item, for a batch of `size`. */
  const standingOf = (size: number): Record<string, Tensor> => {
    const known = standing.get(size)
    if (known) return known
    const feeds: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(ofImage)) if (wanted.has(name)) feeds[name] = repeated(tensor, size)
    for (const [name, tensor] of Object.entries(parameters)) if (wanted.has(name)) feeds[name] = tensor
    if (base) feeds[made.base.name] = made.base.each ? repeated(base, size) : base
    standing.set(size, feeds)
    return feeds
  }
  return async (size, rows) => {
    const run = fixed ? batchSize : size
    const feeds = { ...standingOf(run) }
    for (const [name, { name: input, spec }] of Object.entries(made.feeds))
      if (wanted.has(input)) feeds[input] = rowsOf(name, spec, rows[name], size, run)
    const results = await session.run(feeds)
    return Object.fromEntries(
      Object.entries(made.outputs).map(([name, output]) => {
        const tensor = results[output.name]
        if (!tensor) throw internalError(`the run did not return ${name}`)
        const values = toFloat32(tensor)
        return [name, values.subarray(0, (size * values.length) / (tensor.dims[0] ?? 1))]
      }),
    )
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
