/** @file Values that hang on sizes and constants alone, from a run of that part of the graph; no image goes through it. */
import type { Tensor } from '../../core/tensor.ts'
import type { Runtime, Session } from '../../runtime/runtime.ts'
import { deriveModel } from '../derive.ts'
import type { Graph, Value } from '../graph.ts'
import type { Model } from '../model.ts'
import { traitsOf } from '../operators.ts'
import type { Knowledge } from '../tensor-info.ts'
import { tensorOfSeen } from './infer.ts'
import { keepValue } from './keep-value.ts'
import type { Runs } from './work-out.ts'

/** Adds the values of these tensors; false where sizes that they hang on are not known. */
export async function runArithmetic(
  model: Model,
  runtime: Runtime,
  runs: Runs,
  names: readonly string[],
  known: Knowledge,
): Promise<boolean> {
  const measured = measuredFor(model.graph, names)
  const fed = runs.slice(0, 2).map((run) => valuesIn(run, measured))
  const [one, two = one] = fed
  if (!one || !two) return false
  const cut = Object.entries(one).map(([name, { type, dims }]): Value => ({ name, type, shape: dims }))
  const session = await runtime.open(deriveModel(model, { outputs: names, cut }), { optimize: false })
  try {
    const first = await runOn(session, one)
    const second = two === one ? first : await runOn(session, two)
    for (const name of names) keepValue(known, name, first[name], second[name])
    return true
  } finally {
    await session.release()
  }
}

const runOn = (session: Session, feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> =>
  session.run(Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : []))))

/** The sizes that tensors hang on, as tensors of the graph. */
function measuredFor(graph: Graph, names: readonly string[]): string[] {
  const found = new Set<string>()
  const open = [...names]
  const measured: string[] = []
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = graph.producers.get(name)
    if (!maker || found.has(name)) continue
    found.add(name)
    if (traitsOf(maker).measures) measured.push(name)
    else open.push(...maker.inputs.filter(Boolean))
  }
  return measured
}

function valuesIn(run: Runs[number], names: readonly string[]): Record<string, Tensor> | undefined {
  const values = names.flatMap((name) => {
    const seen = run.get(name)
    const tensor = seen && tensorOfSeen(seen)
    return tensor ? [[name, tensor] as const] : []
  })
  return values.length === names.length ? Object.fromEntries(values) : undefined
}
