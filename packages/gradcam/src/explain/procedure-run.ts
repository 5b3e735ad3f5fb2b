/** @file Methods that are procedures: image by image, objective by objective, in as many runs as it takes. */
import type { Warning } from '../core/errors.ts'
import { partOf } from '../core/progress.ts'
import { eachLayer, type Layers } from '../graph/layers.ts'
import type { Outcome, RunMethod } from '../method/definition.ts'
import { labelOf } from '../objective/class-scores.ts'
import { classObjective } from '../objective/kinds/class.ts'
import type { Objective } from '../objective/objective.ts'
import type { Grid, ImageValues } from '../core/pixels.ts'
import type { ScoreResult } from '../run/run-context.ts'
import { type Answer, bestClassesOf } from './answers.ts'
import { finish } from './finish.ts'
import type { MapResult } from './map-result.ts'
import type { ObjectiveGroup } from './groups.ts'
import { answersWith, type PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import { type RunContextPlace, withRunContext } from './run-context.ts'
import type { ExplainerState } from './state.ts'

interface PlacedObjective extends Pick<ObjectiveGroup, 'layers' | 'explained'> {
  objective: Objective
}

/** The objectives of one image, in their order; classes that a graph would choose are those of the answer. */
const objectivesOf = ({ groups }: PreparedBatch, { labels, shown }: Answer, n: number): PlacedObjective[] =>
  groups.flatMap(({ objectives, layers, explained }) =>
    (objectives[n] ?? []).map((objective) => {
      if (!objective.chosen) return { objective, layers, explained }
      const index = bestClassesOf(shown, objective.chosen.rank + 1).at(-1) as number
      return { objective: classObjective(layers.reduction, index, labelOf(labels, index)), layers, explained }
    }),
  )

/** How far a score could move with what a gradient was taken by: the map of evidence by pixels is parts of the score, that of slopes is not. */
function movesOf({ gradient, signed, slopes }: RunMethod, { data }: Grid, { data: image }: ImageValues): number | undefined {
  if (gradient !== 'image' || (signed !== 'evidence' && !slopes)) return undefined
  const total = data.reduce((sum, value) => sum + Math.abs(value), 0)
  return slopes ? total * image.reduce((most, value) => Math.max(most, Math.abs(value)), 1) : total
}

/** By image, then by target. */
export async function runProcedure(
  state: ExplainerState,
  batch: PreparedBatch,
  wanted: MethodRequest & { method: RunMethod },
): Promise<MapResult[][]> {
  const { request, info, size, images, groups } = batch
  const { method, values, post } = wanted
  // methods that look at the features get them from the forward pass that gives the answers
  const usual = groups[0]?.layers.features.map(({ name }) => name) ?? []
  const tensors = method.family === 'cam' ? usual : []
  const { answers, run } = await answersWith(state, batch, request.layers, tensors)
  const results: MapResult[][] = []
  const prepare = performance.now() - batch.started
  for (let n = 0; n < images; n++) {
    const answer = answers[n] as Answer
    const row: MapResult[] = []
    const own = objectivesOf(batch, answer, n)
    for (const [t, { objective, layers, explained }] of own.entries()) {
      const begun = performance.now()
      // methods that look at the image alone have no layers to look at in turn
      const looked = method.family === 'cam' ? eachLayer(layers) : [layers]
      const runs = images * own.length * looked.length
      const outcomes: Outcome[] = []
      let score: ScoreResult | undefined
      let moves: number | undefined
      for (const [k, layer] of looked.entries()) {
        const place: RunContextPlace = {
          ...{ n, objective, layers: layer, key: [], impliedSoftmax: answer.kind === 'implied-probability' },
          features: tensors.includes(layer.feature.name) ? run[layer.feature.name] : undefined,
          progress: partOf(request.progress, (n * own.length + t) * looked.length + k, runs),
        }
        await withRunContext(state, batch, wanted, place, async (context) => {
          const outcome = await method.run(context, values)
          outcomes.push(outcome)
          moves = movesOf(method, outcome, context.image)
          if (objective.index === undefined) score ??= await context.scoreResult()
        })
      }
      const unmoved = outcomes.every((outcome) => outcome.unmoved === true)
      const { details, warnings } = together(layers, outcomes)
      const scale = score ? score.scale : Math.abs(answer.logits[objective.index ?? 0] ?? Number.NaN)
      const maps = await finish(state, outcomes, size, post, request.fusion)
      row.push({
        ...{ objective, index: objective.index, score: score?.score, moves, scale, unmoved, answer, layers, explained, ...maps, details },
        featureShape: info.value(layers.feature.name).shape,
        warnings: [...(objective.warnings ?? []), ...warnings],
        timings: { prepare, run: performance.now() - begun },
      })
    }
    results.push(row)
  }
  return results
}

/** What the procedures of several layers say, layer by layer; that of a single one as it is. */
function together(
  { features }: Layers,
  outcomes: readonly Outcome[],
): { details: Outcome['details'] | undefined; warnings: readonly Warning[] } {
  const warnings = outcomes.flatMap((outcome) => outcome.warnings ?? [])
  if (outcomes.length === 1) return { details: outcomes[0]?.details, warnings }
  const said = outcomes.flatMap(({ details }, i) => (details ? [[features[i]?.name ?? '', details] as const] : []))
  return { details: said.length > 0 ? Object.fromEntries(said) : undefined, warnings }
}
