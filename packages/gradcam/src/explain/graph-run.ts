/** @file Methods that are nodes: scores and maps of all images and objectives come out of one run. */
import { together } from '../core/batch.ts'
import { stopWhenCancelled } from '../core/cancellation.ts'
import { partOf } from '../core/progress.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import type { GraphMethod } from '../method/definition.ts'
import { methodKey } from '../method/method.ts'
import type { Assembly } from '../run/assemble.ts'
import type { Session } from '../runtime/runtime.ts'
import { outputOf, readAnswers } from './answers.ts'
import { runManyClasses } from './class-run.ts'
import { type ExplainedGraph, explainGraph, isClass } from './explained-graph.ts'
import { gridAt, type MapResult } from './map-result.ts'
import type { ObjectiveGroup } from './groups.ts'
import type { PreparedBatch } from './prepare.ts'
import type { MethodRequest } from './request.ts'
import { type ExplainerState, type Opened, wantedBy, withSession } from './state.ts'

// nodes are emitted once for each objective: beyond that many, classes become a batch
const maxInOneRun = 16

/** What a session is fed: images, and the parameters of the objectives of each. */
export function feedsOf(
  session: Session,
  parameters: Assembly['parameters'],
  feeds: PreparedBatch['feeds'],
  objectives: ObjectiveGroup['objectives'],
): Record<string, Tensor> {
  const given = wantedBy(session, feeds)
  const wanted = new Set(session.inputs.map(({ name }) => name))
  for (const [t, inputs] of parameters.entries())
    for (const [name, input] of Object.entries(inputs))
      if (wanted.has(input)) given[input] = together(objectives.map((own) => own[t]?.feeds[name] as Tensor))
  return given
}

/** Results by image, then by target. */
export async function runGraphMethod(
  state: ExplainerState,
  batch: PreparedBatch,
  wanted: MethodRequest & { method: GraphMethod },
): Promise<MapResult[][]> {
  const { request, groups } = batch
  const results: MapResult[][] = Array.from({ length: batch.images }, () => [])
  for (const [k, group] of groups.entries()) {
    const started = k === 0 ? batch.started : performance.now()
    const [own = []] = group.objectives
    const many = own.every(isClass) && (own[0]?.ofAll || own.length > maxInOneRun)
    const made = many
      ? await runManyClasses(
          state,
          { ...batch, started, request: { ...request, progress: partOf(request.progress, k, groups.length) } },
          wanted,
          group,
        )
      : await runGroup(state, { ...batch, started }, wanted, group)
    for (const [n, row] of results.entries()) row.push(...(made[n] ?? []))
  }
  return results
}

async function runGroup(
  state: ExplainerState,
  { request, feeds, shapes, info, size, started, runs }: PreparedBatch,
  { method, values, post }: MethodRequest & { method: GraphMethod },
  { objectives, layers, explained }: ObjectiveGroup,
): Promise<MapResult[][]> {
  const own = objectives[0] ?? []
  const settings = { method, values, post, fusion: request.fusion, size, image: state.image, layers, objectives: own }
  const key = [
    ...['explained', shapes, methodKey(method), values, post, request.fusion, size],
    ...[own.map((objective) => objective.key), layers.features.map(({ name }) => name), layers.reduction.name],
  ]
  const make = (): ExplainedGraph => explainGraph(state.model, info, settings)
  const work = async ({ made, session }: Opened<ExplainedGraph>): Promise<MapResult[][]> => {
    stopWhenCancelled(request.signal)
    const derived = performance.now()
    const run = await session.run(feedsOf(session, made.parameters, feeds, objectives))
    const timings = { prepare: derived - started, run: performance.now() - derived }
    const [raw, map] = [outputOf(run, made.outputs.raw), outputOf(run, made.outputs.map)]
    return readAnswers(run, made, state.network, raw.dims[0] ?? 1).map((answer, n) =>
      (objectives[n] ?? []).map((objective, t): MapResult => {
        const { chosen, score, moves, scale } = made.objectives[t] ?? {}
        const number = (name: string | undefined): number | undefined =>
          name === undefined ? undefined : toFloat32(outputOf(run, name))[n]
        const index = chosen === undefined ? objective.index : Number(outputOf(run, chosen).data[n])
        return {
          ...{ objective, index, answer, layers, explained, timings, featureShape: made.featureShape },
          ...{ score: number(score), moves: number(moves) },
          scale: index === undefined ? number(scale) : Math.abs(answer.logits[index] ?? Number.NaN),
          raw: gridAt(raw, n * own.length + t),
          map: gridAt(map, n * own.length + t),
          details: undefined,
          warnings: objective.warnings ?? [],
        }
      }),
    )
  }
  return withSession(state, key, make, work, runs)
}
