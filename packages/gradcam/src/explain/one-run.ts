/** @file Methods that are nodes: scores and maps of all pictures and targets come out of one run. */
import { stopWhenCancelled } from '../cancellation.ts'
import { explainedModel, type ExplainedSettings, explainGraph } from '../explain.ts'
import { together } from '../batch.ts'
import type { ExplanationData } from '../explanation.ts'
import type { InputShapes } from '../graph/facts.ts'
import { explainManyClasses } from './many-classes.ts'
import type { GraphMethod } from '../method/definition.ts'
import { partOf, untold } from '../method/progress.ts'
import { fusionOf, layerNames, optionsOf, postOf } from './request.ts'
import type { TargetInputs } from './written-targets.ts'
import { explanationOf, gridAt, outputOf, readAnswers } from './results.ts'
import type { Session } from '../runtime/runtime.ts'
import { indicesOf, type TargetGroup } from '../target/group.ts'
import { type Tensor, toFloat32 } from '../tensor.ts'
import { type Ready, wantedBy, type Workshop } from './workshop.ts'

// nodes are emitted once for each target: beyond that many, classes become a batch
const mostInOneRun = 16

/** All that tells one explained graph from another. */
const sessionKey = (shapes: InputShapes, { method, options, targets, layers, ...rest }: ExplainedSettings): string =>
  JSON.stringify([
    shapes,
    method.name,
    options.all,
    targets.kind === 'aims' ? targets.aims.map(({ key }) => key) : [targets.kind, targets.count],
    layers && [layers.feature.name, layers.reduction.name],
    rest,
  ])

/** What a session is fed: pictures, and what says which targets are meant. */
export function feedsOf(
  session: Session,
  { targetInput, parameters }: TargetInputs,
  feeds: Readonly<Record<string, Tensor>>,
  group: TargetGroup,
  batch: number,
): Record<string, Tensor> {
  const given = wantedBy(session, feeds)
  const wanted = new Set(session.inputs.map(({ name }) => name))
  if (group.kind === 'aims') {
    for (const [t, inputs] of parameters.entries())
      for (const [name, input] of Object.entries(inputs))
        if (wanted.has(input.name)) given[input.name] = together(group.aims.map((aims) => aims[t]?.feeds[name] as Tensor))
  } else if (wanted.has(targetInput.name)) {
    const data = BigInt64Array.from({ length: batch * group.count }, (_, i) =>
      BigInt(indicesOf(group, Math.floor(i / group.count))[i % group.count] as number),
    )
    given[targetInput.name] = { type: 'int64', dims: [batch, group.count], data }
  }
  return given
}

/** Methods that are nodes: scores and maps of all pictures and targets come out of one run. */
export async function explainInOneRun(work: Workshop, ready: Ready, method: GraphMethod): Promise<ExplanationData[][]> {
  const { model, runtime, about } = work
  const { given, options, feeds, shapes, facts, size, groups, batch } = ready
  const post = postOf(method, options)
  const values = optionsOf(method, options)
  const fusion = fusionOf(options)
  const results: ExplanationData[][] = Array.from({ length: batch }, () => [])
  for (const [k, group] of groups.entries()) {
    const started = k === 0 ? ready.started : performance.now()
    if (group.kind !== 'aims' && (group.all || group.count > mostInOneRun)) {
      const progress = partOf(options.progress ?? untold, k, groups.length)
      const many = await explainManyClasses(work, { ...ready, started, options: { ...options, progress } }, method, group)
      for (const [n, row] of many.entries()) results[n]?.push(...row)
      continue
    }
    const own = group.kind === 'aims' ? { layers: group.layers } : {}
    const targets = group.kind === 'aims' ? { kind: group.kind, count: group.count, aims: group.aims[0] ?? [] } : group
    const settings: ExplainedSettings = { ...post, ...layerNames(options), ...own, method, options: values, fusion, size, targets }
    const { explained, session } = await work.explained.get(sessionKey(shapes, settings), async () => {
      const made = explainGraph(model, facts, settings)
      return { explained: made, session: await runtime.open(explainedModel(model, facts, made)) }
    })
    stopWhenCancelled(options.signal)
    const derived = performance.now()
    const run = await session.run(feedsOf(session, explained, feeds, group, batch))
    const timings = { prepare: derived - started, run: performance.now() - derived }
    const reading = {
      outputs: explained.outputs,
      probabilityKind: explained.probabilityKind,
      reduction: explained.layers.reduction.operator,
    }
    const layers = group.kind === 'aims' ? { ...group.layers, reduction: group.explained } : explained.layers
    const chosen = explained.outputs.targets === undefined ? undefined : outputOf(run, explained.outputs.targets)
    const scores = explained.outputs.scores === undefined ? undefined : toFloat32(outputOf(run, explained.outputs.scores))
    const [raw, map] = [outputOf(run, explained.outputs.raw), outputOf(run, explained.outputs.map)]
    for (const [n, answer] of readAnswers(run, reading, about).entries()) {
      for (let t = 0; t < group.count; t++) {
        const i = n * group.count + t
        const aim = group.kind === 'aims' ? group.aims[n]?.[t] : undefined
        const index = chosen ? Number(chosen.data[i]) : group.kind === 'given' ? (indicesOf(group, n)[t] as number) : 0
        results[n]?.push(
          explanationOf({
            ...{ about, answer, layers, method, post, fusion, timings },
            ...{
              options: values,
              featureShape: explained.featureShape,
              details: aim?.details,
              warnings: [...ready.warnings, ...(aim?.warnings ?? [])],
            },
            target: aim ? { aim, score: scores?.[i] ?? Number.NaN } : { index },
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
