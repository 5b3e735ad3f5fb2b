/** @file Optimisers of ONNX Runtime that compute something else than the graph says, and the nodes that they do it to. */
import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf'
import { toFloat32 } from '../core/tensor.ts'
import { tensorOf } from '../io/onnx-tensor.ts'

/**
 * Takes Pad into the MaxPool behind it, whose own border is −∞ where Pad's was 0 (1.26 to 1.30, every level but `disabled`). The
 * name is that of the runtime's rule.
 */
const padFusion = 'Pad_Fusion'

type Nodes = Pick<GraphProto, 'node' | 'initializer'>

/** Names of optimisers that must not run on these graphs: none for nearly all models. */
export const wrongOptimisers = (graphs: readonly Nodes[]): string[] => (graphs.some(padsForMaximum) ? [padFusion] : [])

// what the runtime takes away, or moves past one of the two, before it looks for the pair
const between = new Set(['Identity', 'Dropout', 'Cast', 'Transpose', 'QuantizeLinear', 'DequantizeLinear'])
const isPlain = ({ domain }: NodeProto): boolean => domain === '' || domain === 'ai.onnx'

/** Whether a MaxPool reads what a Pad of zeros wrote, in a graph or the graphs inside it. */
function padsForMaximum({ node, initializer }: Nodes): boolean {
  const makers = new Map(node.flatMap((each) => each.output.map((name) => [name, each] as const)))
  const weights = new Map(initializer.map((tensor) => [tensor.name, tensor]))
  const padded = (name: string | undefined, steps = node.length): boolean => {
    const maker = name === undefined ? undefined : makers.get(name)
    if (!maker || !isPlain(maker) || steps === 0) return false
    if (maker.opType === 'Pad') return padsZeros(maker, (value) => weights.get(value) ?? valueOf(makers.get(value)))
    return between.has(maker.opType) && padded(maker.input[0], steps - 1)
  }
  return node.some(
    (each) =>
      (each.opType === 'MaxPool' && isPlain(each) && padded(each.input[0])) ||
      each.attribute.some(({ g, graphs }) => (g !== undefined && padsForMaximum(g)) || graphs.some(padsForMaximum)),
  )
}

const valueOf = (maker: NodeProto | undefined): TensorProto | undefined =>
  maker?.opType === 'Constant' ? maker.attribute.find(({ name }) => name === 'value')?.t : undefined

/** A value that is not known counts as zero. */
function padsZeros({ input, attribute }: NodeProto, constant: (name: string) => TensorProto | undefined): boolean {
  const own = (name: string) => attribute.find((each) => each.name === name)
  const mode = own('mode')
  if (mode && new TextDecoder().decode(mode.s) !== 'constant') return false
  const given = input[2] ? constant(input[2]) : undefined
  if (!given || given.externalData.length > 0) return (own('value')?.f ?? 0) === 0
  return toFloat32(tensorOf(given)).every((value) => value === 0)
}
