/** @file SHA-256 by Node's own crypto: WebCrypto's copies what it is given, which for a model is a hundred megabytes. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

const piece = 2 ** 23

/** SHA-256 in lower-case hexadecimal digits, piece by piece: events are heard in between. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length; at += piece) {
    if (at > 0) await setImmediate()
    hash.update(bytes.subarray(at, at + piece))
  }
  return hash.digest('hex')
}
