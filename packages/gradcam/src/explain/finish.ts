/** @file Finishes raw maps outside of a graph: by the same nodes that explained graphs have. */
import type { Grid, Size } from '../core/pixels.ts'
import { float32 } from '../core/tensor.ts'
import { finishingModel, type Fusion } from '../method/fusion.ts'
import type { PostProcessing } from '../method/post.ts'
import { outputOf } from './answers.ts'
import { gridAt } from './map-result.ts'
import { type ExplainerState, withSession } from './state.ts'

/** The finished map of raw maps, one for each feature layer, the deepest last. */
export async function finish(
  { finishers, runtime }: ExplainerState,
  raws: readonly Grid[],
  size: Size,
  post: PostProcessing,
  fusion: Fusion,
): Promise<{ raw: Grid; map: Grid }> {
  const sizes = raws.map(({ height, width }) => ({ height, width }))
  const make = () => finishingModel(sizes, size, post, fusion)
  return withSession({ sessions: finishers, runtime }, [sizes, size, post, fusion], make, async ({ made, session }) => {
    const feeds = raws.map(({ data, height, width }, i) => [made.inputs[i] ?? '', float32(data, [1, height, width])] as const)
    const run = await session.run(Object.fromEntries(feeds))
    return { raw: gridAt(outputOf(run, made.outputs.raw), 0), map: gridAt(outputOf(run, made.outputs.map), 0) }
  })
}
