/** @file FullGrad: input times gradient, and beside it what the biases of every layer add, as maps laid over each other. */
import { attributesOf } from '../../graph/attributes.ts'
import type { Builder } from '../../graph/emit.ts'
import type { TensorInfo } from '../../graph/tensor-info.ts'
import type { Dim, Graph, GraphNode, Value } from '../../graph/graph.ts'
import { traitsOf } from '../../graph/operators.ts'
import { nodesBetween } from '../../graph/path.ts'
import { defineMethod } from '../definition.ts'
import type { GraphContext } from '../../run/graph-context.ts'
import { completeness } from './completeness.ts'
import { inputTimesGradient } from './input-x-gradient.ts'
import { upsampled } from '../post.ts'
import { inRows } from './rows.ts'

/** A layer that adds something constant: z = linear part + bias, the bias broadcastable to z. */
interface Biased {
  tensor: string
  bias: (g: Builder) => Value
}

/** The layers between image and score that have a bias, by whatever operator it is added. */
function biasedLayers(graph: Graph, info: TensorInfo, from: string, ends: readonly string[]): Biased[] {
  const nodes = [...new Set(ends.flatMap((to) => nodesBetween(graph, from, to)))]
  const computed = new Set([from, ...nodes.flatMap(({ outputs }) => outputs)])
  // the same for every image
  const isFixed = (name: string): boolean => name !== '' && !computed.has(name)
  return nodes.flatMap((node) => {
    const bias = biasOf(node, info, isFixed)
    return bias ? [{ tensor: node.outputs[0] as string, bias }] : []
  })
}

function biasOf(node: GraphNode, info: TensorInfo, isFixed: (name: string) => boolean): Biased['bias'] | undefined {
  const { kind, bias } = traitsOf(node)
  const position = bias?.find((at) => isFixed(node.inputs[at] ?? ''))
  if (position === undefined) return undefined
  const input = (at: number): Value => info.value(node.inputs[at] as string)
  const added = input(position)
  const z = info.value(node.outputs[0] as string)
  switch (kind) {
    case 'convolution':
      return (g) => perChannel(g, added, z)
    case 'dense':
      return (g) => g.mul(added, attributesOf(node).float('beta', 1))
    case 'batch-normalisation':
      // γ(x − μ)/√(σ² + ε) + β = scale · x + (β − scale · μ)
      return (g) => {
        const spread = g.unary('Sqrt', g.add(input(4), attributesOf(node).float('epsilon', 1e-5)))
        return perChannel(g, g.sub(added, g.mul(g.div(input(1), spread), input(3))), z)
      }
    default:
      return (g) => (node.operator === 'Sub' && position === 1 ? g.neg(added) : added)
  }
}

/** A value per channel, as it broadcasts to z [N, C, …]. */
const perChannel = (g: Builder, values: Value, z: Value): Value => g.reshape(values, [1, ...values.shape, ...z.shape.slice(2).map(() => 1)])

export interface FullGradient {
  /** [N, H, W] */
  map: Value
  /** Σ x ⊙ ∂y/∂x and Σ b ⊙ ∂y/∂z over all biased layers, [N] each. */
  input: Value
  biases: Value
}

/**
 * Σ_c ψ(x ⊙ ∂y/∂x) + Σ_layers Σ_c ψ(b ⊙ ∂y/∂z), ψ: absolute value, min-max over the layer, bilinear to the size of the image.
 * Layers without places, such as dense ones, are no maps: they count in the sums only.
 *
 * @param from the input that takes the image
 * @param ends what the score is made of
 */
export function fullGradient(context: GraphContext, from: string, ends: readonly string[]): FullGradient {
  const { g, graph, info, image, batch } = context
  const [, , height, width] = image.shape as [Dim, Dim, number, number]
  const biased = biasedLayers(graph, info, from, ends)
  const gradients = context.gradients(biased.map(({ tensor }) => tensor))
  const wide = (value: Value): Value => g.cast(value, 'float32')
  const sum = (part: Value): Value => g.sum(inRows(context, part), [1], false)
  const input = inputTimesGradient(context)
  let map = psi(g, input)
  let biases = g.mul(sum(input), 0)
  for (const [i, { tensor, bias }] of biased.entries()) {
    const gradient = gradients[i]
    if (!gradient) continue
    const part = g.mul(wide(g.expand(gradient, info.value(tensor).shape)), wide(bias(g)))
    biases = g.add(biases, sum(part))
    if (isMap(part, batch)) map = g.add(map, upsampled(g, psi(g, part), { height, width }, 'bilinear'))
  }
  return { map, input: sum(input), biases }
}

const isMap = ({ shape }: Value, batch: Dim): boolean =>
  shape.length === 4 && shape[0] === batch && shape.slice(1).every((dim) => typeof dim === 'number')

// added to what is divided by: a layer without any bias becomes zeros
const smallest = 1e-37

/** |part| min-max normalised over channels and places, summed over channels: [N, C, h, w] to [N, h, w]. */
function psi(g: Builder, part: Value): Value {
  const size = g.unary('Abs', part)
  const low = g.reduceMin(size, [1, 2, 3])
  const range = g.add(g.sub(g.reduceMax(size, [1, 2, 3]), low), smallest)
  return g.sum(g.div(g.sub(size, low), range), [1], false)
}

/** Srinivas and Fleuret 2019, arXiv:1905.00780; completeness: Σ x ⊙ ∂y/∂x + Σ b ⊙ ∂y/∂z = y. */
export const fullGrad = defineMethod({
  name: 'full-grad',
  title: 'FullGrad',
  family: 'saliency',
  signed: 'never',
  source: 'Srinivas and Fleuret 2019, arXiv:1905.00780',
  async run(context) {
    const { height, width } = context.image
    const { imageInput, objective } = context
    const forward = await context.forward({
      key: 'full gradient',
      outputs: (context) => ({ score: context.score, ...fullGradient(context, imageInput, objective.reads) }),
    })
    const { map = new Float32Array(), ...told } = await forward.run(1, () => ({}))
    const first = (name: string): number => told[name]?.[0] ?? Number.NaN
    const parts = { input: first('input'), biases: first('biases') }
    const hint = 'the network bends between its biases (smooth activations, softmax, products): the map lacks what they add'
    const { details, warnings } = completeness(parts.input + parts.biases, first('score'), 0, hint)
    return { width, height, data: map, details: { ...details, parts }, warnings }
  },
})
