/** @file MatMulNBits (com.microsoft): a product with weights of 2, 4 or 8 bits, in blocks with a scale and a zero point each. */
import { bytesOf, toFloat32 } from '../../core/tensor.ts'
import type { Rule, RuleContext } from '../rule.ts'

// the weights are written out once
const largest = 2 ** 26

/** Y = A·Wᵀ + b: dA = dY·W, W [N, K]. */
export const MatMulNBits: Rule = (context) => {
  const { g, dy, x } = context
  if (context.wants(2)) context.refuse('its scales cannot be differentiated')
  if (context.has(4)) context.refuse('weights in another order (g_idx) are not supported')
  const [columns, depth] = [context.int('N', 0), context.int('K', 0)]
  if (columns * depth > largest) context.refuse(`its gradient would need ${columns * depth} weights`)
  return [g.matmul(dy, g.floats(weightsOf(context, columns, depth), [columns, depth], x.type))]
}

/** w = (q − zero) · scale of its block along K; the first of two packed numbers lies in the lower bits. */
function weightsOf(context: RuleContext, columns: number, depth: number): Float32Array {
  const [bits, size] = [context.int('bits', 4), context.int('block_size', 32)]
  if (![2, 4, 8].includes(bits)) context.refuse(`weights of ${bits} bits are not supported`)
  const fixed = (position: number) => context.constant(position) ?? context.refuse('its weights are computed')
  const blocks = Math.ceil(depth / size)
  const [packed, scales] = [bytesOf(fixed(1)), toFloat32(fixed(2))]
  const zeros = context.has(3) ? fixed(3) : undefined
  const unpacked = (bytes: Uint8Array, row: number, rowBytes: number, i: number): number => {
    const perByte = 8 / bits
    return ((bytes[row * rowBytes + Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & (2 ** bits - 1)
  }
  const zeroOf = (n: number, block: number): number => {
    if (!zeros) return 2 ** (bits - 1)
    if (zeros.type !== 'uint8') return toFloat32(zeros)[n * blocks + block] ?? 0
    return unpacked(bytesOf(zeros), n, Math.ceil((blocks * bits) / 8), block)
  }
  const blockBytes = Math.ceil((size * bits) / 8)
  const weights = new Float32Array(columns * depth)
  for (let n = 0; n < columns; n++) {
    for (let block = 0; block < blocks; block++) {
      const [zero, scale] = [zeroOf(n, block), scales[n * blocks + block] ?? 0]
      for (let i = 0; i < size && block * size + i < depth; i++)
        weights[n * depth + block * size + i] = (unpacked(packed, n * blocks + block, blockBytes, i) - zero) * scale
    }
  }
  return weights
}
