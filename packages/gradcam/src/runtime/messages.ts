/** @file What a thread that runs sessions is asked, and what it answers: plain values that `postMessage` copies, by whatever kind of thread. */
import { type ErrorCode, type ErrorDetails, GradcamError, internalError } from '../core/errors.ts'
import type { Tensor, TensorData } from '../core/tensor.ts'
import type { ModelBytes, OpenOptions, Session } from './runtime.ts'

/** What can be asked. Sessions are called by their number. */
export interface Calls {
  open(model: ModelBytes, options: OpenOptions | undefined): Promise<{ id: number } & Pick<Session, 'inputs' | 'outputs'>>
  run(id: number, feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[] | undefined): Promise<Record<string, Tensor>>
  release(id: number): Promise<void>
}

export type Question = { [N in keyof Calls]: { call: number; name: N; args: Parameters<Calls[N]> } }[keyof Calls]

/** An error without its class, which does not cross. */
export interface Failure extends Omit<ErrorDetails, 'cause'> {
  code: ErrorCode
  message: string
  cause: string
}

export type Answer = { call: number; value: unknown } | { call: number; failure: Failure }

/** One end of the line between two threads: what it sends, and what it hears. */
export interface Line<Sent, Heard> {
  send(message: Sent): void
  listen(heard: (message: Heard) => void): void
}

export function failureOf(error: unknown): Failure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  const { code, message, hint, node, suggestions, data } = error instanceof GradcamError ? error : internalError(String(error))
  return { code, message, hint, suggestions, ...(node ? { node } : {}), ...(data ? { data } : {}), cause: text }
}

export const errorOf = ({ code, message, cause, ...details }: Failure): GradcamError =>
  new GradcamError(code, message, { ...details, cause: new Error(cause) })

/** What is copied of a view is all of the buffer that it looks at. */
const compact = <T extends TensorData>(data: T): T =>
  data.byteLength === data.buffer.byteLength || data.buffer instanceof SharedArrayBuffer ? data : (data.slice() as T)

/** Tensors that cross without what lies beside them in memory. */
export const compactTensors = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: compact(tensor.data) }]))

const shares = new WeakMap<Uint8Array, Uint8Array>()

/** The same bytes in memory that all threads see; copied once, however often they are asked for. */
function shared(bytes: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer === 'undefined' || bytes.buffer instanceof SharedArrayBuffer) return bytes
  const known = shares.get(bytes)
  if (known) return known
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  shares.set(bytes, copy)
  return copy
}

/** A model whose weights cross without a copy. */
export const sharedModel = ({ bytes, external, ...rest }: ModelBytes): ModelBytes => ({
  ...rest,
  bytes: compact(bytes),
  external: 'folder' in external ? external : external.map(({ path, data }) => ({ path, data: shared(data) })),
})
