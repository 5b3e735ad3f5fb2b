/** @file Windows laid side by side as channels, and folded back onto the image they came from. */
import type { Builder } from '../../graph/emit.ts'
import { type Dim, type Value, times } from '../../graph/graph.ts'
import { sizeOf } from '../../core/tensor.ts'
import { convInputGradient } from './conv-input-gradient.ts'
import type { Windows } from './window.ts'

/** [N, C, …] as N·C images of one channel. */
export const perChannel = (g: Builder, x: Value): Value =>
  g.reshape(x, [times(x.shape[0] as Dim, x.shape[1] as number), 1, ...x.shape.slice(2)])

/** Every window as P channels of one image: [N·C, 1, …] to [N·C, P, outputs…], by a convolution that copies. */
export function unfold(g: Builder, x: Value, windows: Windows, fill: number): Value {
  const padded = g.pad(x, [0, 0, ...windows.begins], [0, 0, ...windows.ends], fill)
  const { kernel, strides, dilations, output } = windows
  const shape = [x.shape[0] as Dim, sizeOf(kernel), ...output]
  return g.node('Conv', [padded, copies(g, kernel, x.type)], { type: x.type, shape }, { kernel_shape: kernel, strides, dilations })
}

/** The reverse of `unfold`: what the windows hold is summed where it came from. [N·C, P, outputs…] to [N·C, 1, inputs…] */
export function fold(g: Builder, patches: Value, windows: Windows): Value {
  return foldWith(g, patches, copies(g, windows.kernel, patches.type), windows)
}

/** `fold` with given weights, [channels, 1, kernel…]. */
export const foldWith = (g: Builder, patches: Value, weights: Value, windows: Windows): Value =>
  convInputGradient(g, { dy: patches, weights, windows, groups: 1 })

// windows are taken apart by one filter per place
const maxPlaces = 4096

/** One filter per place of the kernel, which copies that place: [P, 1, kernel…] */
function copies(g: Builder, kernel: readonly number[], type: Value['type']): Value {
  const places = sizeOf(kernel)
  if (places > maxPlaces) throw new Error(`a window of ${places} places`)
  const identity = Float32Array.from({ length: places ** 2 }, (_, i) => (i % (places + 1) === 0 ? 1 : 0))
  return g.floats(identity, [places, 1, ...kernel], type)
}
