/** @file Methods that are procedures: image by image, target by target, as many runs as it takes. */
import type { Warning } from '../core/errors.ts'
import type { ExplanationData } from './explanation.ts'
import { eachLayer, type LayerChoice, type Layers } from '../graph/layers.ts'
import type { Outcome, RunMethod } from '../method/definition.ts'
import { finishingModel, type Fusion } from '../method/fusion.ts'
import type { PostProcessing } from '../method/post.ts'
import type { RunContext } from '../run/forward.ts'
import type { Grid } from '../core/pixels.ts'
import { fusionOf, layerNames, optionsOf, postOf } from './request.ts'
import { partOf, noProgress } from '../core/progress.ts'
import { type Answer, best, explanationOf, gridAt, outputOf } from './results.ts'
import type { Objective } from '../objective/objective.ts'
import { classObjective } from '../objective/class.ts'
import { indicesOf } from '../objective/group.ts'
import { float32 } from '../core/tensor.ts'
import { type Hold, holding } from '../runtime/pool.ts'
import { runContextOf } from './task.ts'
import { answersWith, type Ready, type Workshop } from './workshop.ts'

interface PlacedObjective {
  objective: Objective
  /** Where the map lies, and what the network's own answer is read from. */
  layers: Layers
  /** What is differentiated. */
  explained: LayerChoice
}

/** The targets of one image as objectives, in their order. */
const aimsOf = ({ groups, layers: usual, info }: Ready, { labels, shown }: Answer, n: number): PlacedObjective[] => {
  const objective = (index: number): Objective =>
    classObjective(info.value(usual.reduction.name).name, index, labels[index] ?? `class ${index}`)
  return groups.flatMap((group) => {
    if (group.kind === 'objectives')
      return (group.objectives[n] ?? []).map((each) => ({ objective: each, layers: group.layers, explained: group.explained }))
    const indices = group.kind === 'top' ? best(shown, group.count) : indicesOf(group, n)
    return indices.map((index) => ({ objective: objective(index), layers: usual, explained: usual.reduction }))
  })
}

/** The score of a target that is no class. */
async function scoreOf(context: RunContext): Promise<number> {
  const forward = await context.forward({ key: 'score', outputs: ({ score }) => ({ score }) })
  const { score } = await forward.run(1, () => ({}), noProgress)
  return score?.[0] ?? Number.NaN
}

/** Methods that are procedures: image by image, target by target. */
export async function explainInManyRuns(work: Workshop, ready: Ready, method: RunMethod): Promise<ExplanationData[][]> {
  const { runtime, about } = work
  const { given, options, feeds, shapes, info, size } = ready
  const post = postOf(method, options)
  const values = optionsOf(method, options)
  const fusion = fusionOf(options)
  // methods that look at the features get them from the same forward pass
  const tensors = method.family === 'cam' ? ready.layers.features.map(({ name }) => name) : []
  const { answers: said, run } = await answersWith(work, shapes, feeds, layerNames(options), tensors)
  const results: ExplanationData[][] = []
  const prepare = performance.now() - ready.started
  const images = given.tensor.dims[0] ?? 1
  for (let n = 0; n < images; n++) {
    const answer = said[n] as Answer
    const row: ExplanationData[] = []
    const objectives = aimsOf(ready, answer, n)
    for (const [t, { objective, layers, explained }] of objectives.entries()) {
      const begun = performance.now()
      // a method that looks at the image alone has no layers to look at in turn
      const looked = method.family === 'cam' ? eachLayer(layers) : [layers]
      const contextAt = (hold: Hold, each: Layers, k: number): RunContext =>
        runContextOf(work, ready, n, {
          hold,
          ...{ objective, layers: each, features: tensors.includes(each.feature.name) ? run[each.feature.name] : undefined },
          impliedSoftmax: answer.kind === 'implied-probability',
          key: [method.name, values.all],
          progress: partOf(
            options.progress ?? noProgress,
            (n * objectives.length + t) * looked.length + k,
            images * objectives.length * looked.length,
          ),
        })
      const { outcomes, scored } = await holding(async (hold) => {
        const contexts = looked.map((each, k) => contextAt(hold, each, k))
        const ran: Outcome[] = []
        for (const context of contexts) ran.push(await method.run(context, values))
        return { outcomes: ran, scored: objective.index === undefined ? await scoreOf(contexts[0] as RunContext) : Number.NaN }
      })
      const { details, warnings } = together(layers, outcomes)
      const { raw, map } = await finish(work, outcomes, size, post, fusion)
      const timings = { prepare, run: performance.now() - begun }
      row.push(
        explanationOf({
          ...{ about, answer, method, post, fusion, timings, raw, map },
          layers: { ...layers, reduction: explained },
          details: details || objective.details ? { ...objective.details, ...details } : undefined,
          ...{
            options: values,
            featureShape: info.value(layers.feature.name).shape,
            warnings: [...ready.warnings, ...(objective.warnings ?? []), ...warnings],
          },
          target: { objective, score: scored },
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
  const open = async () => {
    const finisher = finishingModel(sizes, size, post, fusion)
    return { finisher, session: await runtime.open(finisher.model) }
  }
  return finishers.use(JSON.stringify([sizes, size, post, fusion]), open, async ({ finisher, session }) => {
    const feeds = outcomes.map(({ data, height, width }, i) => [finisher.inputs[i] ?? '', float32(data, [1, height, width])] as const)
    const run = await session.run(Object.fromEntries(feeds))
    return { raw: gridAt(outputOf(run, finisher.outputs.raw), 0), map: gridAt(outputOf(run, finisher.outputs.map), 0) }
  })
}
