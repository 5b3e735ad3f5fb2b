/** @file SHA-256 of bytes, by the platform's own crypto: the same everywhere. */

/** A digest of bytes, as text. */
export type Digest = (bytes: Uint8Array) => Promise<string>

/** SHA-256 in lower-case hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // shared memory, in which workers find models, is not taken
  const shared = typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer
  const digest = await crypto.subtle.digest('SHA-256', (shared ? bytes.slice() : bytes) as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
