/** @file How many workers a network has, and its runtime with them. docs/decisions/workers.md tells how the rule came about. */
import { availableParallelism, totalmem } from 'node:os'
import { badOption } from '../core/errors.ts'
import type { Engine, RuntimeOptions } from '../host.ts'
import type { Thread } from '../runtime/remote.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { inThread, sideBySide } from '../runtime/side-by-side.ts'
import { engineRuntime } from './runtime.ts'
import { startThread, workerFile } from './thread.ts'

type Settings = RuntimeOptions & { engine: Engine }

/** Fewer runs are done before the workers' sessions are open. */
const spreadsFrom = 8

/** Of the memory of the machine, or of its container, this part is for workers. */
const partForWorkers = 0.5
/** What a session takes, in sizes of its model, and what a thread and the tensors of one image take besides. */
const [perWeights, perWorker] = [2.5, 2 ** 27]

const memory = (): number => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)

const fitting = (bytes: number): number => Math.floor((partForWorkers * memory()) / (perWeights * bytes + perWorker))

/**
 * Runs of many go to workers of one thread each. With none of them they follow each other in this thread, on one thread as well: so the
 * numbers are the same for any number of workers.
 *
 * @param bytes size of the model
 * @throws GradcamError `bad-option` for workers that memory has no room for, or whose code is not there
 */
export function withWorkers(own: Runtime, { engine, threads, workers, worker }: Settings, bytes: number): Runtime {
  checkCount(workers, bytes)
  const file = workerFile()
  if (file === undefined && (worker || (workers ?? 0) > 1)) throw noWorkers()
  const start = (inside: number | undefined) => () => startThread(file ?? '', { engine, threads: inside })
  // WebAssembly has one thread unless another number was asked for, for all that it runs
  const inside = engine === 'wasm' ? threads : 1
  const main = worker && file !== undefined ? inThread(own, start(threads)) : own
  const usual = engine === 'native' && file !== undefined ? Math.min(threads ?? availableParallelism(), fitting(bytes)) : 0
  // one thread where all cores could work together is slow: that is for whoever asks for it
  if (workers === undefined && usual < 2) return main
  const count = workers ?? usual
  const many = count > 1 ? sideBySide(start(inside), count) : engine === 'wasm' ? main : alone(main, worker ? start(1) : undefined)
  return {
    ...main,
    sideBySide: { from: spreadsFrom, atOnce: Math.max(1, count) },
    open: (model, options = {}) => ((options.runs ?? 1) >= spreadsFrom ? many : main).open(model, options),
    async close() {
      await Promise.all([main.close?.(), many.close?.()])
    },
  }
}

/** Sessions of one thread in the thread that asks, or in one of their own. */
function alone(main: Runtime, start: (() => Thread) | undefined): Pick<Runtime, 'open' | 'close'> {
  if (start) return inThread(main, start)
  return { open: async (model, options) => (await engineRuntime('native', { threads: 1 })).open(model, options) }
}

function checkCount(workers: number | undefined, bytes: number): void {
  if (workers === undefined) return
  if (!Number.isSafeInteger(workers) || workers < 0) throw badOption(`\`workers\` is ${workers}`, 'give a whole number; 0 for none')
  if (workers < 2 || workers <= fitting(bytes)) return
  const [each, all] = [perWeights * bytes + perWorker, partForWorkers * memory()].map((size) => `${(size / 2 ** 30).toFixed(1)} GB`)
  throw badOption(
    `${workers} workers of this network take about ${each} each, and ${all} of memory are for workers here`,
    `take at most ${Math.max(0, fitting(bytes))} \`workers\`, or leave it out`,
    { data: { option: 'workers', value: workers } },
  )
}

const noWorkers = () =>
  badOption('the code of workers is not here', 'install gradcam as a package beside your bundle, or leave `workers` and `worker` out')
