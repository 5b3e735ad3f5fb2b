/** @file Methods that are procedures: picture by picture, target by target, as many runs as it takes. */
import type { ExplanationData } from './explanation.ts'
import { pictureValues } from './inputs.ts'
import type { RunMethod } from './method/definition.ts'
import { methodOptions } from './method/options.ts'
import { postModel, type PostProcessing } from './method/post.ts'
import { createTask, type Task } from './method/task.ts'
import { valueRange } from './model/preprocessing.ts'
import type { Grid } from './picture/pixels.ts'
import { layerNames, postOf, seedOf } from './request.ts'
import { type Answer, best, explanationOf, gridAt, outputOf } from './results.ts'
import type { Aim } from './target/aim.ts'
import { classAim } from './target/class.ts'
import { float32, type Tensor } from './tensor.ts'
import { answersTo, type Ready, type Workshop } from './workshop.ts'

/** The targets of one picture as aims, in their order. */
const aimsOf = ({ groups, layers, facts }: Ready, { labels, shown }: Answer): Aim[] => {
  const aim = (index: number): Aim => classAim(facts.value(layers.reduction.name).name, index, labels[index] ?? `class ${index}`)
  return groups.flatMap((group) =>
    group.kind === 'aims' ? group.aims : (group.kind === 'top' ? best(shown, group.count) : group.indices).map(aim),
  )
}

/** The score of a target that is no class. */
async function scoreOf(task: Task): Promise<number> {
  const program = await task.program({ key: 'score', outputs: ({ score }) => ({ score }) })
  const { score } = await program.run(1, () => ({}))
  return score?.[0] ?? Number.NaN
}

/** One picture of a batch; what is the same for all is handed on. */
function item(tensor: Tensor, n: number, batch: number): Tensor {
  if (tensor.dims[0] !== batch || batch === 1) return tensor
  const size = tensor.data.length / batch
  return { ...tensor, dims: [1, ...tensor.dims.slice(1)], data: tensor.data.slice(n * size, (n + 1) * size) }
}

/** Methods that are procedures: picture by picture, target by target. */
export async function explainInManyRuns(work: Workshop, ready: Ready, method: RunMethod): Promise<ExplanationData[][]> {
  const { model, runtime, about, picture } = work
  const { given, options, feeds, shapes, facts, layers, size, batch } = ready
  const post = postOf(method, options)
  const values = methodOptions(method.name, method.options, options.options)
  const said = await answersTo(work, shapes, feeds, layerNames(options))
  const results: ExplanationData[][] = []
  for (let n = 0; n < (given.tensor.dims[0] ?? 1); n++) {
    const answer = said[n] as Answer
    const own = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, item(tensor, n, batch)]))
    const row: ExplanationData[] = []
    for (const aim of aimsOf(ready, answer)) {
      const begun = performance.now()
      const task = createTask({
        context: { model, facts, layers, aim, picture },
        feeds: own,
        picture: pictureValues(own[picture.name] as Tensor, picture.layout),
        range: valueRange(about.preprocessing, picture.channels),
        impliedSoftmax: answer.kind === 'implied-probability',
        seed: seedOf(options.seed),
        signal: options.signal,
        progress: options.progress ?? (() => undefined),
        open: (key, make) =>
          work.programs.get(
            JSON.stringify([shapes, layers.feature.name, layers.reduction.name, method.name, values.all, key]),
            async () => {
              const made = make()
              return { made, session: await runtime.open(made.model) }
            },
          ),
      })
      const { width, height, data, details, warnings = [] } = await method.run(task, values)
      const scored = aim.index === undefined ? await scoreOf(task) : Number.NaN
      const raw: Grid = { width, height, data }
      const map = await finish(work, raw, size, post)
      const timings = { prepare: begun - ready.started, run: performance.now() - begun }
      row.push(
        explanationOf({
          ...{ about, answer, layers, method, post, timings, details, raw, map },
          ...{ options: values, featureShape: facts.value(layers.feature.name).shape, warnings: [...ready.warnings, ...warnings] },
          target: { aim, score: scored },
          ...{ runtime: runtime.name, region: given.region, photo: given.photo },
        }),
      )
    }
    results.push(row)
  }
  return results
}

/** Post-processing by the same nodes that explained graphs have. */
async function finish(
  { finishers, runtime }: Workshop,
  raw: Grid,
  size: { height: number; width: number },
  post: PostProcessing,
): Promise<Grid> {
  const { model: last, session } = await finishers.get(JSON.stringify([raw.width, raw.height, size, post]), async () => {
    const made = postModel(raw, size, post)
    return { model: made, session: await runtime.open(made.model) }
  })
  const run = await session.run({ [last.input]: float32(raw.data, [1, raw.height, raw.width]) })
  return gridAt(outputOf(run, last.output), 0)
}
