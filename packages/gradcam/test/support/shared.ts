/** @file Where the project's shared data lies (../shared beside the repository), and tests that say so when it does not. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'

const root = new URL('../../../../../shared/', import.meta.url)

/** Path of a file or folder of the shared data: `sharedPath('golden/ops', 'index.json')`. */
export const sharedPath = (...parts: string[]): string => fileURLToPath(new URL(parts.join('/'), root))

/** The path, or an error that names what is missing. */
export function requireShared(...parts: string[]): string {
  const path = sharedPath(...parts)
  if (!existsSync(path))
    throw new Error(`../shared/${parts.join('/')} is missing: these tests need the project's shared data beside the repository`)
  return path
}

/** A `describe` over shared data. Without that data: one skipped test, whose title says what is missing. */
export function describeShared(title: string, needs: string, body: () => void): void {
  if (existsSync(sharedPath(needs))) describe(title, body)
  else describe(title, () => test.skip(`needs ../shared/${needs}, which is missing`, () => {}))
}
