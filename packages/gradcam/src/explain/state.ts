/** @file What an explainer keeps between calls: the model, the runtime, shapes that were learnt, and open sessions. */
import { type Digest, sha256 as webSha256 } from '../core/digest.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Model } from '../graph/model.ts'
import { learnTensorInfo } from '../graph/learn-tensor-info.ts'
import type { InputShapes, TensorInfo } from '../graph/tensor-info.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { createPool, type Lease, type Pool } from '../runtime/pool.ts'
import type { ModelBytes, Runtime, Session } from '../runtime/runtime.ts'
import { imageInputOf, type NamedImageInput } from './inputs.ts'

/** What is known about a network beside its graph. */
export interface NetworkInfo {
  /** As explanations call it. */
  name: string
  /** One for each class, in their order; they are left aside where they are not as many. */
  labels: readonly string[]
  /** How photos are prepared for it; methods that need black or white ask for it. */
  preprocessing: Preprocessing | undefined
  /** Whether the outputs are classes of which one is right: a softmax is implied where the model has none. */
  singleLabel: boolean
}

/** A derived model, what was noted when it was made, and the session that runs it. */
export interface Opened<T> {
  made: T
  session: Session
}

export interface ExplainerState {
  model: Model
  runtime: Runtime
  network: NetworkInfo
  /** The input that takes the image. */
  image: NamedImageInput
  /** Types and shapes of all tensors for one shape of the inputs. */
  learn(shapes: InputShapes): Promise<TensorInfo>
  /** SHA-256 of the model file: made once, when it is first asked for. */
  modelDigest(): Promise<string>
  sha256: Digest
  sessions: Pool<Opened<{ model: ModelBytes }>>
  /** Sessions without weights. */
  finishers: Pool<Opened<{ model: ModelBytes }>>
  close(): Promise<void>
}

// sessions hold packed weights: enough for a page of controls, not for every slider position
const defaultSessions = 8
const maxShapes = 32

/** Nothing is opened before it is needed. */
export function createState(
  model: Model,
  runtime: Runtime,
  network: NetworkInfo,
  { maxSessions = defaultSessions, sha256 = webSha256 }: { maxSessions?: number | undefined; sha256?: Digest | undefined } = {},
): ExplainerState {
  // a pool, since sessions are open while shapes are learnt: closing waits for them
  const known = createPool<TensorInfo>({ limit: maxShapes })
  const dispose = ({ session }: Opened<unknown>): Promise<void> => session.release()
  const sessions = createPool<Opened<{ model: ModelBytes }>>({ limit: maxSessions, dispose })
  const finishers = createPool<Opened<{ model: ModelBytes }>>({ limit: maxShapes, dispose })
  let digest: Promise<string> | undefined
  return {
    ...{ model, runtime, network, sessions, finishers, sha256 },
    modelDigest: () => (digest ??= sha256(model.bytes)),
    image: imageInputOf(model.graph.inputs),
    learn: (shapes) =>
      known.use(
        JSON.stringify(shapes),
        () => learnTensorInfo(model, runtime, shapes),
        async (info) => info,
      ),
    async close() {
      await Promise.all([known.close(), sessions.close(), finishers.close()])
    },
  }
}

/** A session for what `make` makes, from the pool: one for each key. Equal keys must stand for equal models. */
export const leaseSession = async <T extends { model: ModelBytes }>(
  { sessions, runtime }: Pick<ExplainerState, 'sessions' | 'runtime'>,
  key: readonly unknown[],
  make: () => T | Promise<T>,
): Promise<Lease<Opened<T>>> =>
  (await sessions.lease(JSON.stringify(key), async () => {
    const made = await make()
    return { made, session: await runtime.open(made.model) }
  })) as Lease<Opened<T>>

/** The same for the duration of `work`. */
export async function withSession<T extends { model: ModelBytes }, R>(
  state: Pick<ExplainerState, 'sessions' | 'runtime'>,
  key: readonly unknown[],
  make: () => T | Promise<T>,
  work: (opened: Opened<T>) => Promise<R>,
): Promise<R> {
  const lease = await leaseSession(state, key, make)
  try {
    return await work(lease.value)
  } finally {
    lease.release()
  }
}

/** Of everything that could be fed, what a session takes. */
export const wantedBy = (session: Session, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])))
