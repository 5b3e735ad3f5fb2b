/** @file A network as it is for one photo: branches that hang on its size are taken, and sizes that hang on what it shows are learned from it. */
import { bytesOf, type Tensor } from '../core/tensor.ts'
import { GradcamError } from '../core/errors.ts'
import { countingNode, sizesFromData } from '../graph/data-sized.ts'
import type { Shape } from '../graph/graph.ts'
import { hasBranches, withTakenBranches } from '../graph/taken-branches.ts'
import type { InputShapes, TensorInfo } from '../graph/tensor-info.ts'
import type { Pool } from '../runtime/pool.ts'
import { type Runtime, withoutOptimising } from '../runtime/runtime.ts'
import { dimsOf, feedsOf } from './feeds.ts'
import { filled, shapesOf } from './inputs.ts'
import type { PreparedImage } from './request.ts'
import type { ExplainerState } from './state.ts'

/** The state for a batch of images; the very same one for nearly all networks. */
export async function settledFor(
  state: ExplainerState,
  given: Pick<PreparedImage, 'tensor'>,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<ExplainerState> {
  const { graph } = state.model
  const sized = sizesFromData(graph)
  if (!sized && !hasBranches(graph)) return state
  const feeds = feedsOf(state, filled(given.tensor, state.image), inputs)
  const shapes = shapesOf(graph.inputs, dimsOf(feeds))
  if (!sized) return settledForSize(state, shapes)
  const own = await withOwnSizes(state, shapes, feeds)
  if (!hasBranches(graph)) return own
  // which branch is taken may hang on what the photo shows, too: whether any box is left
  const model = withTakenBranches(state.model, await own.learn(shapes))
  return model === state.model ? own : withOwnSizes({ ...state, model }, shapes, feeds, 'branches taken ')
}

/** The state for images of one size: branches whose condition is known then are part of the graph. */
export async function settledForSize(state: ExplainerState, shapes: InputShapes): Promise<ExplainerState> {
  if (!hasBranches(state.model.graph)) return state
  const model = withTakenBranches(state.model, await state.learn(shapes))
  if (model === state.model) return state
  const mark = `branches for ${JSON.stringify(shapes)} `
  return { ...state, model, learn: (asked) => state.learnOf(model, asked, mark) }
}

/**
 * Tensors have the sizes that they have for these inputs; photos with equal sizes share their sessions. A last digit decides whether a
 * box is kept, so that what is run must compute as the run did from which sizes were learned.
 */
async function withOwnSizes(
  state: ExplainerState,
  shapes: InputShapes,
  feeds: Readonly<Record<string, Tensor>>,
  form = '',
): Promise<ExplainerState> {
  const digests = await Promise.all(Object.entries(feeds).map(async ([name, tensor]) => `${name} ${await state.sha256(bytesOf(tensor))}`))
  const fixed = (asked: InputShapes): InputShapes =>
    Object.fromEntries(Object.entries(asked).map(([name, shape]) => [name, fixedLike(shape, feeds[name]?.dims)]))
  const learn = (asked: InputShapes): Promise<TensorInfo> =>
    state.learnOf(state.model, fixed(asked), `${form}sizes for ${digests.join()} `, feeds)
  const info = await learn(shapes)
  const sizes = state.model.graph.nodes.flatMap(({ outputs }) => outputs.map((name) => [name, info.find(name)?.shape]))
  const mark = await state.sha256(new TextEncoder().encode(JSON.stringify(sizes)))
  return { ...state, learn, runtime: ofTheseSizes(state), sessions: marked(state.sessions, mark) }
}

/** The runtime for what is learned to have certain sizes: of runs in which it has others the reason is told. */
function ofTheseSizes({ runtime, model }: ExplainerState): Runtime {
  const { open, ...rest } = withoutOptimising(runtime)
  const { name, operator } = countingNode(model.graph) ?? { name: '', operator: '' }
  const reason = (cause: unknown): never => {
    if (!(cause instanceof GradcamError) || cause.code !== 'run-failed') throw cause
    throw new GradcamError(
      'run-failed',
      `sizes in this network hang on what a photo shows (${name}, ${operator}), and seem to differ between two runs`,
      {
        hint: 'where a method changes the photo, use one that takes it as it is, such as grad-cam or saliency; or explain a number from before that node: `target: "value:NAME[…]"`',
        cause,
      },
    )
  }
  return {
    ...rest,
    async open(bytes, options) {
      const session = await open(bytes, options)
      return { ...session, run: (feeds, fetches) => session.run(feeds, fetches).catch(reason) }
    },
  }
}

/** A free dimension has the size of what is fed. */
const fixedLike = (shape: Shape, dims: readonly number[] = []): Shape =>
  shape.map((dim, axis) => (typeof dim === 'string' ? (dims[axis] ?? 1) : dim))

const marked = <T>(pool: Pool<T>, mark: string): Pool<T> => ({
  ...pool,
  lease: (key, make) => pool.lease(`${mark} ${key}`, make),
  use: (key, make, work) => pool.use(`${mark} ${key}`, make, work),
})
