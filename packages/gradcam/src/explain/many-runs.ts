/** @file Methods that are procedures: picture by picture, target by target, as many runs as it takes. */
import type { Warning } from '../errors.ts'
import type { ExplanationData } from '../explanation.ts'
import { eachLayer, type LayerChoice, type Layers } from '../graph/layers.ts'
import type { Outcome, RunMethod } from '../method/definition.ts'
import { finishingModel, type Fusion } from '../method/fusion.ts'
import type { PostProcessing } from '../method/post.ts'
import type { Task } from '../method/task.ts'
import type { Grid } from '../picture/pixels.ts'
import { fusionOf, layerNames, optionsOf, postOf } from './request.ts'
import { partOf, untold } from '../method/progress.ts'
import { type Answer, best, explanationOf, gridAt, outputOf } from './results.ts'
import type { Aim } from '../target/aim.ts'
import { classAim } from '../target/class.ts'
import { indicesOf } from '../target/group.ts'
import { float32 } from '../tensor.ts'
import { taskOf } from './task.ts'
import { answersWith, type Ready, type Workshop } from './workshop.ts'

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
  const { score } = await program.run(1, () => ({}), untold)
  return score?.[0] ?? Number.NaN
}

/** Methods that are procedures: picture by picture, target by target. */
export async function explainInManyRuns(work: Workshop, ready: Ready, method: RunMethod): Promise<ExplanationData[][]> {
  const { runtime, about } = work
  const { given, options, feeds, shapes, facts, size } = ready
  const post = postOf(method, options)
  const values = optionsOf(method, options)
  const fusion = fusionOf(options)
  // methods that look at the features get them from the same forward pass
  const tensors = method.family === 'cam' ? ready.layers.features.map(({ name }) => name) : []
  const { answers: said, run } = await answersWith(work, shapes, feeds, layerNames(options), tensors)
  const results: ExplanationData[][] = []
  const prepare = performance.now() - ready.started
  const pictures = given.tensor.dims[0] ?? 1
  for (let n = 0; n < pictures; n++) {
    const answer = said[n] as Answer
    const row: ExplanationData[] = []
    const aims = aimsOf(ready, answer, n)
    for (const [t, { aim, layers, explained }] of aims.entries()) {
      const begun = performance.now()
      // a method that looks at the picture alone has no layers to look at in turn
      const looked = method.family === 'cam' ? eachLayer(layers) : [layers]
      const taskAt = (each: Layers, k: number): Task =>
        taskOf(work, ready, n, {
          ...{ aim, layers: each, features: tensors.includes(each.feature.name) ? run[each.feature.name] : undefined },
          impliedSoftmax: answer.kind === 'implied-probability',
          key: [method.name, values.all],
          progress: partOf(options.progress ?? untold, (n * aims.length + t) * looked.length + k, pictures * aims.length * looked.length),
        })
      const tasks = looked.map(taskAt)
      const outcomes: Outcome[] = []
      for (const task of tasks) outcomes.push(await method.run(task, values))
      const { details, warnings } = together(layers, outcomes)
      const scored = aim.index === undefined ? await scoreOf(tasks[0] as Task) : Number.NaN
      const { raw, map } = await finish(work, outcomes, size, post, fusion)
      const timings = { prepare, run: performance.now() - begun }
      row.push(
        explanationOf({
          ...{ about, answer, method, post, fusion, timings, raw, map },
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

/** What the procedures of several layers tell, layer by layer; that of a single one as it is. */
function together({ features }: Layers, outcomes: readonly Outcome[]): Pick<Outcome, 'details'> & { warnings: readonly Warning[] } {
  const warnings = outcomes.flatMap((outcome) => outcome.warnings ?? [])
  if (outcomes.length === 1) return { ...(outcomes[0]?.details ? { details: outcomes[0].details } : {}), warnings }
  const told = outcomes.flatMap(({ details }, i) => (details ? [[features[i]?.name ?? '', details] as const] : []))
  return { ...(told.length > 0 ? { details: Object.fromEntries(told) } : {}), warnings }
}

/** Post-processing by the same nodes that explained graphs have. */
export async function finish(
  { finishers, runtime }: Workshop,
  outcomes: readonly Outcome[],
  size: { height: number; width: number },
  post: PostProcessing,
  fusion: Fusion,
): Promise<{ raw: Grid; map: Grid }> {
  const sizes = outcomes.map(({ height, width }) => ({ height, width }))
  const { finisher, session } = await finishers.get(JSON.stringify([sizes, size, post, fusion]), async () => {
    const made = finishingModel(sizes, size, post, fusion)
    return { finisher: made, session: await runtime.open(made.model) }
  })
  const feeds = outcomes.map(({ data, height, width }, i) => [finisher.inputs[i] ?? '', float32(data, [1, height, width])] as const)
  const run = await session.run(Object.fromEntries(feeds))
  return { raw: gridAt(outputOf(run, finisher.outputs.raw), 0), map: gridAt(outputOf(run, finisher.outputs.map), 0) }
}
