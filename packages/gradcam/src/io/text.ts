/** @file Bytes as text: UTF-8, or what a byte-order mark says, which is left out. */

/** The text of a file. What is no text becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}
