/** @file Node as the library's host. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Host } from '../host.ts'
import { sha256 } from './digest.ts'
import { read, readModel } from './files.ts'
import { runtime } from './network-runtime.ts'
import { decode, drawText, encode } from './sharp.ts'
import { write } from './write.ts'

/** Node as a host: files, sharp, and ONNX Runtime as it is installed. */
export const nodeHost: Host = {
  readModel,
  read,
  decode,
  encode,
  font: (script, weight) =>
    readFile(createRequire(import.meta.url).resolve(`@fontsource/inter/files/inter-${script}-${weight}-normal.woff`)),
  drawText,
  runtime,
  sha256,
  write,
}
