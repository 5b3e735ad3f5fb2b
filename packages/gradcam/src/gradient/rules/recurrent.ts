/** @file RNN, GRU and LSTM, unrolled step by step out of plain nodes (Hochreiter & Schmidhuber 1997; Cho et al. 2014, arXiv:1406.1078). */
import type { Dim, Value } from '../../graph/graph.ts'
import { composite } from '../composite.ts'
import { fixedDims, type RuleContext } from '../rule.ts'

// every step is some twenty nodes, and as many for its gradient
const maxSteps = 1024

interface Cell {
  /** [1, batch, gates · hidden] of this step: W·x + the biases that are added before anything else. */
  input: Value
  /** State of the step before, [1, batch, hidden]; undefined for zeros. */
  hidden: Value | undefined
  memory: Value | undefined
  /** [hidden, gates · hidden] */
  recurrent: Value
  /** Biases [gates · hidden] of the recurrent part; undefined for zeros. */
  bias: Value | undefined
  size: number
  activations: readonly string[]
}

interface State {
  hidden: Value
  memory?: Value
}

interface Kind {
  gates: number
  /** Defaults; those of one direction. */
  activations: readonly string[]
  /** Position of the initial memory. */
  memory?: number
  /** Position of peepholes, which are refused. */
  peepholes?: number
  /** Whether the bias of the recurrent part stays apart. */
  apart(context: RuleContext): boolean
  step(context: RuleContext, cell: Cell): State
}

const known = new Set(['Sigmoid', 'Tanh', 'Relu'])

/** Outputs Y [T, directions, batch, hidden], and the last states [directions, batch, hidden]. */
const unrolled = (kind: Kind) =>
  composite((context) => {
    const { g, x } = context
    const { gates } = kind
    if (context.node.attributes.has('clip')) context.refuse('its clip is not supported')
    if (context.int('layout', 0) !== 0) context.refuse('its layout 1 is not supported')
    if (kind.peepholes !== undefined && context.has(kind.peepholes)) context.refuse('peepholes are not supported')
    const [steps, directions] = fixedDims(context, [x.shape[0] as Dim, context.b.shape[0] as Dim]) as [number, number]
    if (steps > maxSteps) context.refuse(`it has ${steps} steps, more than ${maxSteps}`)
    wholeSequences(context, steps)
    const size = context.c.shape[2] as number
    const names = activationsOf(context, kind, directions)
    const results = Array.from({ length: directions }, (_, d) => {
      /** The part of a parameter that is this direction's. */
      const own = (value: Value): Value => g.reshape(g.slice(value, 0, d, d + 1), value.shape.slice(1))
      const state = (position: number | undefined): Value | undefined => {
        const given = position === undefined ? undefined : context.optional(position)
        return given && g.slice(given, 0, d, d + 1)
      }
      const bias = context.has(3) ? own(context.input(3)) : undefined
      const half = (from: number): Value | undefined => bias && g.slice(bias, 0, from * gates * size, (from + 1) * gates * size)
      const apart = kind.apart(context)
      let inputs = g.matmul(x, g.transpose(own(context.b), [1, 0]))
      for (const each of apart ? [half(0)] : [half(0), half(1)]) if (each) inputs = g.add(inputs, each)
      const pieces = parts(context, inputs, 0, steps)
      const recurrent = g.transpose(own(context.c), [1, 0])
      const turned = context.string('direction', 'forward') === 'reverse' || d === 1
      const hidden: Value[] = []
      let last: Partial<State> = {
        hidden: state(5),
        ...(kind.memory === undefined ? {} : { memory: state(kind.memory) }),
      } as Partial<State>
      for (let i = 0; i < steps; i++) {
        const at = turned ? steps - 1 - i : i
        last = kind.step(context, {
          ...{ input: pieces[at] as Value, hidden: last.hidden, memory: last.memory },
          ...{ recurrent, bias: apart ? half(1) : undefined, size, activations: names[d] as readonly string[] },
        })
        hidden[at] = last.hidden as Value
      }
      const all = steps === 1 ? (hidden[0] as Value) : g.concat(hidden, 0)
      return { all: g.reshape(all, [steps, 1, ...all.shape.slice(1)]), last: last as State }
    })
    const joined = (values: Value[], axis: number): Value =>
      g.unary('Identity', values.length === 1 ? (values[0] as Value) : g.concat(values, axis))
    const memories = results.flatMap(({ last }) => last.memory ?? [])
    return [
      joined(
        results.map(({ all }) => all),
        1,
      ),
      joined(
        results.map(({ last }) => last.hidden),
        0,
      ),
      memories.length > 0 ? joined(memories, 0) : undefined,
    ]
  })

/** Sequences that end early would need a mask. */
function wholeSequences(context: RuleContext, steps: number): void {
  if (!context.has(4)) return
  const lengths = context.constant(4)
  const whole = lengths && Array.from(lengths.data as ArrayLike<number | bigint>, Number).every((length) => length === steps)
  if (!whole) context.refuse('sequences of different lengths are not supported', 'export the model without `sequence_lens`')
}

function activationsOf(context: RuleContext, { activations }: Kind, directions: number): string[][] {
  const given = context.node.attributes.get('activations')?.strings.map((text) => new TextDecoder().decode(text)) ?? []
  const all = given.length > 0 ? given : Array.from({ length: directions }, () => activations).flat()
  const cased = all.map((name) => [...known].find((own) => own.toLowerCase() === name.toLowerCase()) ?? name)
  const odd = cased.find((name) => !known.has(name))
  if (odd !== undefined) context.refuse(`its activation ${odd} is not supported`)
  const count = activations.length
  return Array.from({ length: directions }, (_, d) => cased.slice(d * count, (d + 1) * count))
}

/** Equal pieces along an axis. */
function parts({ g, opset }: RuleContext, x: Value, axis: number, count: number): Value[] {
  if (count === 1) return [x]
  const piece = { type: x.type, shape: x.shape.map((dim, i) => (i === axis ? (dim as number) / count : dim)) }
  const attributes = opset < 18 ? { axis } : { axis, num_outputs: count }
  return g.nodes(
    'Split',
    [x],
    Array.from({ length: count }, () => piece),
    attributes,
  )
}

/** W·x + R·h and what is added. */
function sums({ g }: RuleContext, { input, hidden, recurrent }: Pick<Cell, 'input' | 'hidden' | 'recurrent'>): Value {
  return hidden ? g.add(input, g.matmul(hidden, recurrent)) : input
}

/** Hₜ = f(W·xₜ + R·Hₜ₋₁ + b) */
export const RNN = unrolled({
  gates: 1,
  activations: ['Tanh'],
  apart: () => false,
  step: (context, cell) => ({ hidden: context.g.unary(cell.activations[0] as string, sums(context, cell)) }),
})

/** Gates i, o, f, c: Cₜ = f·Cₜ₋₁ + i·c, Hₜ = o·h(Cₜ) */
export const LSTM = unrolled({
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  memory: 6,
  peepholes: 7,
  apart: () => false,
  step(context, cell) {
    const { g } = context
    const [gate, candidate, out] = cell.activations as readonly [string, string, string]
    if (context.int('input_forget', 0) !== 0) context.refuse('coupled gates (input_forget) are not supported')
    const [i, o, f, c] = parts(context, sums(context, cell), 2, 4) as [Value, Value, Value, Value]
    const fresh = g.mul(g.unary(gate, i), g.unary(candidate, c))
    const memory = cell.memory ? g.add(g.mul(g.unary(gate, f), cell.memory), fresh) : fresh
    return { hidden: g.mul(g.unary(gate, o), g.unary(out, memory)), memory }
  },
})

/** Gates z, r, h: Hₜ = (1 − z)·h + z·Hₜ₋₁, the reset r in front of the product with R or behind it. */
export const GRU = unrolled({
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  apart: () => true,
  step(context, { input, hidden, recurrent, bias, size, activations }) {
    const { g } = context
    const [gate, candidate] = activations as readonly [string, string]
    const behind = context.int('linear_before_reset', 0) !== 0
    const [z, r, h] = parts(context, input, 2, 3) as [Value, Value, Value]
    const columns = (value: Value, from: number, to: number): Value => g.slice(value, value.shape.length - 1, from * size, to * size)
    /** R·h + its bias, of some gates; undefined for zeros. */
    const part = (state: Value | undefined, from: number, to: number): Value | undefined => {
      const product = state && g.matmul(state, columns(recurrent, from, to))
      const own = bias && columns(bias, from, to)
      return product && own ? g.add(product, own) : (product ?? own)
    }
    const plus = (a: Value, b: Value | undefined): Value => (b ? g.add(a, b) : a)
    const update = g.unary(gate, plus(z, part(hidden, 0, 1)))
    const reset = g.unary(gate, plus(r, part(hidden, 1, 2)))
    const late = behind ? part(hidden, 2, 3) : part(hidden && g.mul(reset, hidden), 2, 3)
    const fresh = g.unary(candidate, plus(h, behind && late ? g.mul(reset, late) : late))
    const kept = g.mul(g.sub(1, update), fresh)
    return { hidden: hidden ? g.add(kept, g.mul(update, hidden)) : kept }
  },
})
