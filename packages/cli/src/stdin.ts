/** @file A photo from a pipe: `gradcam explain -`. */
import { once } from 'node:events'
import type { PhotoSource } from 'gradcam/node'
import { badOption, refuse } from './errors.ts'

/** The name that stands for stdin. */
export const stdin = '-'

// as much as the library reads of a file
const largest = 2 ** 29

/** Refuses a terminal, where nobody would know what is waited for. */
export function checkStdin(): void {
  if (process.stdin.isTTY)
    throw badOption('a photo is awaited on stdin, which is the terminal', 'send one in, as in gradcam explain - < photo.jpg')
}

let bytes: Promise<Buffer> | undefined

/** What the library reads for the name of a photo: stdin is read once, for all that ask. */
export const photoSource = (photo: string): PhotoSource =>
  photo === stdin ? { name: 'stdin', arrayBuffer: async () => Uint8Array.from(await (bytes ??= readStdin())).buffer } : photo

async function readStdin(): Promise<Buffer> {
  checkStdin()
  const chunks: Buffer[] = []
  let size = 0
  process.stdin.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= largest) chunks.push(chunk)
    else process.stdin.destroy(refuse('image-too-large', `more than ${largest} bytes came on stdin`, 'send one photo'))
  })
  await once(process.stdin, 'end')
  return Buffer.concat(chunks)
}
