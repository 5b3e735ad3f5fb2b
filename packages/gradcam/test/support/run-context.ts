/** @file A context as methods get it, for any model in memory and any objective; and what methods make of it. */
import { items } from '../../src/core/batch.ts'
import { noProgress } from '../../src/core/progress.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { prepare } from '../../src/explain/prepare.ts'
import { type MethodRequest, resolveRequest } from '../../src/explain/request.ts'
import { withRunContext as inRunContext } from '../../src/explain/run-context.ts'
import { chosenReduction, createState } from '../../src/explain/state.ts'
import type { Value } from '../../src/graph/graph.ts'
import { chooseLayers, type LayerOptions } from '../../src/graph/layers.ts'
import { explainable } from '../../src/contract/explainable.ts'
import { readModel } from '../../src/graph/model.ts'
import type { Outcome, RunMethod } from '../../src/method/definition.ts'
import { type OptionTable, type OptionValues, resolveOptions } from '../../src/method/options.ts'
import type { Objective } from '../../src/objective/objective.ts'
import type { GraphContext } from '../../src/run/graph-context.ts'
import type { RunContext } from '../../src/run/run-context.ts'
import { runtime } from './explain.ts'

export interface Subject extends LayerOptions {
  model: Uint8Array
  /** One image, and what else the model takes for it. */
  inputs: Readonly<Record<string, Tensor>>
  objective: Objective
}

/** Runs `use` with a context and releases its sessions. */
export async function withRunContext<T>(
  { model, inputs, objective, ...layers }: Subject,
  use: (context: RunContext) => Promise<T>,
): Promise<T> {
  const state = createState(explainable(readModel(model)), runtime, {
    name: 'test',
    labels: [],
    preprocessing: undefined,
    singleLabel: false,
  })
  try {
    const { [state.image.name]: tensor, ...others } = inputs
    const request = resolveRequest({ ...layers, inputs: others, target: { kind: 'custom', ...scoreOf(objective) } })
    const batch = await prepare(state, { tensor: tensor as Tensor, region: undefined, photo: undefined }, request)
    if (batch === 'apart') throw new Error('one objective was given')
    const place = {
      n: 0,
      objective,
      layers: chooseLayers(state.model.graph, batch.info, layers, chosenReduction(state, batch.info, layers)),
      features: undefined,
    }
    const [wanted] = request.methods as readonly [MethodRequest]
    return await inRunContext(state, batch, wanted, { ...place, impliedSoftmax: false, progress: noProgress, key: [] }, use)
  } finally {
    await state.close()
  }
}

/** What a score of one's own is made of. */
const scoreOf = ({ label, reads, score, key, feeds }: Objective): Pick<Objective, 'label' | 'reads' | 'score' | 'key' | 'feeds'> => ({
  ...{ label, reads, score, key, feeds },
})

/** The outcomes of a method for every image of a batch. */
export async function outcomesOf<Options extends OptionTable>(
  method: RunMethod<Options>,
  { inputs, objective, options, ...subject }: Omit<Subject, 'objective'> & { objective: (n: number) => Objective; options?: OptionValues },
): Promise<Outcome[]> {
  const images = Math.max(...Object.values(inputs).map(({ dims }) => dims[0] ?? 1))
  const outcomes: Outcome[] = []
  for (let n = 0; n < images; n++) {
    const run = (context: RunContext): Promise<Outcome> => method.run(context, resolveOptions(method, options))
    outcomes.push(await withRunContext({ ...subject, inputs: items(inputs, n, images), objective: objective(n) }, run))
  }
  return outcomes
}

let asked = 0

/** What a context of the unchanged image holds. */
export async function valuesOf(context: RunContext, value: (context: GraphContext) => Value): Promise<Float32Array> {
  const forward = await context.forward({ key: `value ${asked++}`, outputs: (context) => ({ value: value(context) }) })
  const { value: values = new Float32Array() } = await forward.run(1, () => ({}))
  return values
}
