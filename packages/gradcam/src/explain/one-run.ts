/** @file Methods that are nodes: scores and maps of all images and targets come out of one run. */
import { stopWhenCancelled } from '../core/cancellation.ts'
import { explainedModel, type ExplainedSettings, explainGraph } from './assemble.ts'
import { together } from '../core/batch.ts'
import type { ExplanationData } from './explanation.ts'
import type { InputShapes } from '../graph/tensor-info.ts'
import { explainManyClasses } from './many-classes.ts'
import type { GraphMethod } from '../method/definition.ts'
import { partOf, noProgress } from '../core/progress.ts'
import { fusionOf, layerNames, optionsOf, postOf } from './request.ts'
import type { ObjectiveInputs } from './written-targets.ts'
import { explanationOf, gridAt, outputOf, readAnswers } from './results.ts'
import type { Session } from '../runtime/runtime.ts'
import { indicesOf, type TargetGroup } from '../objective/group.ts'
import { type Tensor, toFloat32 } from '../core/tensor.ts'
import { type Ready, wantedBy, type Workshop } from './workshop.ts'

// nodes are emitted once for each target: beyond that many, classes become a batch
const maxInOneRun = 16

/** All that tells one explained graph from another. */
const sessionKey = (shapes: InputShapes, { method, options, targets, layers, ...rest }: ExplainedSettings): string =>
  JSON.stringify([
    shapes,
    method.name,
    options.all,
    targets.kind === 'objectives' ? targets.objectives.map(({ key }) => key) : [targets.kind, targets.count],
    layers && [layers.feature.name, layers.reduction.name],
    rest,
  ])

/** What a session is fed: images, and what says which targets are meant. */
export function feedsOf(
  session: Session,
  { targetInput, parameters }: ObjectiveInputs,
  feeds: Readonly<Record<string, Tensor>>,
  group: TargetGroup,
  batch: number,
): Record<string, Tensor> {
  const given = wantedBy(session, feeds)
  const wanted = new Set(session.inputs.map(({ name }) => name))
  if (group.kind === 'objectives') {
    for (const [t, inputs] of parameters.entries())
      for (const [name, input] of Object.entries(inputs))
        if (wanted.has(input.name)) given[input.name] = together(group.objectives.map((objectives) => objectives[t]?.feeds[name] as Tensor))
  } else if (wanted.has(targetInput.name)) {
    const data = BigInt64Array.from({ length: batch * group.count }, (_, i) =>
      BigInt(indicesOf(group, Math.floor(i / group.count))[i % group.count] as number),
    )
    given[targetInput.name] = { type: 'int64', dims: [batch, group.count], data }
  }
  return given
}

/** Methods that are nodes: scores and maps of all images and targets come out of one run. */
export async function explainInOneRun(work: Workshop, ready: Ready, method: GraphMethod): Promise<ExplanationData[][]> {
  const { model, runtime, about } = work
  const { given, options, feeds, shapes, info, size, groups, batch } = ready
  const post = postOf(method, options)
  const values = optionsOf(method, options)
  const fusion = fusionOf(options)
  const results: ExplanationData[][] = Array.from({ length: batch }, () => [])
  for (const [k, group] of groups.entries()) {
    const started = k === 0 ? ready.started : performance.now()
    if (group.kind !== 'objectives' && (group.all || group.count > maxInOneRun)) {
      const progress = partOf(options.progress ?? noProgress, k, groups.length)
      const many = await explainManyClasses(work, { ...ready, started, options: { ...options, progress } }, method, group)
      for (const [n, row] of many.entries()) results[n]?.push(...row)
      continue
    }
    const own = group.kind === 'objectives' ? { layers: group.layers } : {}
    const targets = group.kind === 'objectives' ? { kind: group.kind, count: group.count, objectives: group.objectives[0] ?? [] } : group
    const settings: ExplainedSettings = { ...post, ...layerNames(options), ...own, method, options: values, fusion, size, targets }
    const open = async () => {
      const explained = explainGraph(model, info, settings)
      return { explained, session: await runtime.open(explainedModel(model, info, explained)) }
    }
    const { explained, run, timings } = await work.explained.use(sessionKey(shapes, settings), open, async ({ explained, session }) => {
      stopWhenCancelled(options.signal)
      const derived = performance.now()
      const run = await session.run(feedsOf(session, explained, feeds, group, batch))
      return { explained, run, timings: { prepare: derived - started, run: performance.now() - derived } }
    })
    const reading = {
      outputs: explained.outputs,
      probabilityKind: explained.probabilityKind,
      reduction: explained.layers.reduction.operator,
    }
    const layers = group.kind === 'objectives' ? { ...group.layers, reduction: group.explained } : explained.layers
    const chosen = explained.outputs.targets === undefined ? undefined : outputOf(run, explained.outputs.targets)
    const scores = explained.outputs.scores === undefined ? undefined : toFloat32(outputOf(run, explained.outputs.scores))
    const [raw, map] = [outputOf(run, explained.outputs.raw), outputOf(run, explained.outputs.map)]
    for (const [n, answer] of readAnswers(run, reading, about).entries()) {
      for (let t = 0; t < group.count; t++) {
        const i = n * group.count + t
        const objective = group.kind === 'objectives' ? group.objectives[n]?.[t] : undefined
        const index = chosen ? Number(chosen.data[i]) : group.kind === 'given' ? (indicesOf(group, n)[t] as number) : 0
        results[n]?.push(
          explanationOf({
            ...{ about, answer, layers, method, post, fusion, timings },
            ...{
              options: values,
              featureShape: explained.featureShape,
              details: objective?.details,
              warnings: [...ready.warnings, ...(objective?.warnings ?? [])],
            },
            target: objective ? { objective, score: scores?.[i] ?? Number.NaN } : { index },
            raw: gridAt(raw, i),
            map: gridAt(map, i),
            ...{ runtime: runtime.name, region: given.region, photo: given.photo },
          }),
        )
      }
    }
  }
  return results.slice(0, given.tensor.dims[0])
}
