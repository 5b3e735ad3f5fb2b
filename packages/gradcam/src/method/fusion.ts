/** @file Several feature layers, one map: each layer's map is finished by itself, then they are joined. */
import type { Size } from '../core/pixels.ts'
import { standaloneModel } from '../graph/derive.ts'
import { type Builder, createBuilder } from '../graph/emit.ts'
import type { Value } from '../graph/graph.ts'
import type { ModelBytes } from '../runtime/runtime.ts'
import { normalized, postProcess, type PostProcessing } from './post.ts'

/** How the maps of several feature layers become one; docs/fusion.md. */
export const fusions = ['mean', 'max', 'product', 'layer-cam'] as const

/**
 * `mean`, `max` or `product` of the layers' maps, each normalised. `layer-cam`: the earlier layers through tanh(γ·M/max M), then
 * the maximum (Jiang et al., IEEE TIP 2021, equation 9).
 */
export type Fusion = (typeof fusions)[number]

/** γ of Layer-CAM: it lifts the weak values that gradients of early layers have. */
const gamma = 2

/**
 * The finished map of raw maps [N, h, w], one for each layer, the deepest last. For several of them `raw` is the fused map before
 * the last normalisation: their own have no common size.
 */
export function finishedMap(
  g: Builder,
  raws: readonly Value[],
  size: Size,
  steps: PostProcessing,
  fusion: Fusion,
): { raw: Value; map: Value } {
  const [first, ...others] = raws as [Value, ...Value[]]
  if (others.length === 0) return { raw: first, map: postProcess(g, first, size, steps) }
  const common = steps.upsample === 'none' ? { size: largest(raws), upsample: 'bilinear' as const } : { size, upsample: steps.upsample }
  const maps = raws.map((raw, i) => {
    if (fusion !== 'layer-cam') return postProcess(g, raw, common.size, { ...steps, upsample: common.upsample, normalize: inner(steps) })
    const scaled = postProcess(g, raw, common.size, { ...steps, normalizeFirst: 'max', upsample: 'none', normalize: 'none' })
    const lifted = i < others.length ? g.unary('Tanh', g.mul(scaled, gamma)) : scaled
    return postProcess(g, lifted, common.size, { activation: 'none', upsample: common.upsample, normalize: 'none' })
  })
  const raw = together(g, maps, fusion)
  return { raw, map: normalized(g, raw, steps.normalize) }
}

/** Signed maps keep their zero. */
const inner = ({ activation, normalize }: PostProcessing): PostProcessing['normalize'] =>
  activation === 'none' || normalize === 'max' ? 'max' : 'minmax'

/** The size that no map has to be shrunk to. */
const largest = (raws: readonly Value[]): Size => ({
  height: Math.max(...raws.map(({ shape }) => Number(shape[1]))),
  width: Math.max(...raws.map(({ shape }) => Number(shape[2]))),
})

function together(g: Builder, maps: readonly Value[], fusion: Fusion): Value {
  switch (fusion) {
    case 'mean':
      return g.mul(
        maps.reduce((sum, map) => g.add(sum, map)),
        1 / maps.length,
      )
    case 'product':
      return maps.reduce((product, map) => g.mul(product, map))
    case 'max':
    case 'layer-cam':
      return maps.reduce((max, map) => g.where(g.less(max, map), map, max))
  }
}

export interface Finisher {
  model: ModelBytes
  /** One for each raw map, [1, h, w]. */
  inputs: readonly string[]
  outputs: { raw: string; map: string }
}

/** A model that finishes raw maps of one image: procedures end with the same arithmetic as graphs. */
export function finishingModel(raws: readonly Size[], size: Size, steps: PostProcessing, fusion: Fusion): Finisher {
  const g = createBuilder(17, 'gradcam/', () => undefined)
  const inputs = raws.map(({ height, width }, i): Value => ({ name: `raw${i}`, type: 'float32', shape: [1, height, width] }))
  const { raw, map } = finishedMap(g, inputs, size, steps, fusion)
  const outputs = { raw: g.unary('Identity', raw).name, map: g.unary('Identity', map).name }
  const model = standaloneModel(17, { ...g.emission, inputs }, [outputs.raw, outputs.map])
  return { model, inputs: inputs.map(({ name }) => name), outputs }
}
