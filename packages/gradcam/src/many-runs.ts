/** @file Methods that are procedures: picture by picture, target by target, as many runs as it takes. */
import type { ExplanationData } from './explanation.ts'
import type { LayerChoice, Layers } from './graph/layers.ts'
import { item, pictureValues } from './inputs.ts'
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
import { indicesOf } from './target/group.ts'
import { float32, type Tensor } from './tensor.ts'
import { answersTo, type Ready, type Workshop } from './workshop.ts'

interface Aimed {
  aim: Aim
  /** Where the map lies, and what the network's own answer is read from. */
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
}

/** The targets of one picture as aims, in their order. */
const aimsOf = ({ groups, layers: usual, facts }: Ready, { labels, shown }: Answer, n: number): Aimed[] => {
  const aim = (index: number): Aim => classAim(facts.value(usual.reduction.name).name, index, labels[index] ?? `class ${index}`)
  return groups.flatMap((group) => {
    if (group.kind === 'aims') return (group.aims[n] ?? []).map((each) => ({ aim: each, layers: group.layers, explained: group.explained }))
    const indices = group.kind === 'top' ? best(shown, group.count) : indicesOf(group, n)
    return indices.map((index) => ({ aim: aim(index), layers: usual, explained: usual.reduction }))
  })
}

/** The score of a target that is no class. */
async function scoreOf(task: Task): Promise<number> {
  const program = await task.program({ key: 'score', outputs: ({ score }) => ({ score }) })
  const { score } = await program.run(1, () => ({}))
  return score?.[0] ?? Number.NaN
}

/** Methods that are procedures: picture by picture, target by target. */
export async function explainInManyRuns(work: Workshop, ready: Ready, method: RunMethod): Promise<ExplanationData[][]> {
  const { model, runtime, about, picture } = work
  const { given, options, feeds, shapes, facts, size, batch } = ready
  const post = postOf(method, options)
  const values = methodOptions(method.name, method.options, options.options)
  const said = await answersTo(work, shapes, feeds, layerNames(options))
  const results: ExplanationData[][] = []
  for (let n = 0; n < (given.tensor.dims[0] ?? 1); n++) {
    const answer = said[n] as Answer
    const own = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, item(tensor, n, batch)]))
    const row: ExplanationData[] = []
    for (const { aim, layers, explained } of aimsOf(ready, answer, n)) {
      const begun = performance.now()
      const task = createTask({
        context: { model, facts, layers, aim, picture },
        feeds: own,
        picture: pictureValues(own[picture.name] as Tensor, picture.layout),
        range: valueRange(about.preprocessing, picture.channels),
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
          ...{ about, answer, method, post, timings, raw, map },
          layers: { ...layers, reduction: explained },
          details: details || aim.details ? { ...aim.details, ...details } : undefined,
          ...{
            options: values,
            featureShape: facts.value(layers.feature.name).shape,
            warnings: [...ready.warnings, ...(aim.warnings ?? []), ...warnings],
          },
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
