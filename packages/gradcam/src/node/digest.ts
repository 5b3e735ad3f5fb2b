/** @file SHA-256 by Node's own crypto: WebCrypto's copies what it is given, which for a model is a hundred megabytes. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

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

/** The program of the thread that reads and hashes a file, in text: bundlers need not know of it. */
const reading = `
const { createHash } = require('node:crypto')
const { closeSync, openSync, readSync } = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')
const hash = createHash('sha256')
const bytes = new Uint8Array(2 ** 20)
const file = openSync(workerData, 'r')
for (let count; (count = readSync(file, bytes, 0, bytes.length, null)) > 0; ) hash.update(bytes.subarray(0, count))
closeSync(file)
parentPort.postMessage(hash.digest('hex'))
`

/** The same of a large file, on another core: the engine meanwhile opens the model. */
export const sha256OfFile = (file: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(reading, { eval: true, workerData: file })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the thread that reads ${file} ended with code ${code}`)))
  })
