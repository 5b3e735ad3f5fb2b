/** @file Changed copies of protobuf messages that share all that is not changed. */
import type { Message } from '@bufbuild/protobuf'

/** A shallow copy with some fields replaced. `create({ ...message })` would lose the defaults, which live on the prototype. */
export function amended<T extends Message>(message: T, changes: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object) as T, message, changes)
}
