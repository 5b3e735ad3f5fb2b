/** @file Files that a folder or glob found and that are no photos: said once, with the reason, and never a failure. */
import { basename } from 'node:path'
import { printable } from './printable.ts'

/** A file that is left out. */
export interface Skipped {
  path: string
  /** What such files are: "hidden", "no photos: .txt". */
  reason: string
}

const namedAtMost = 3

/** All of them by their reasons: `hidden (.a, .b), no photos: .txt (notes.txt)`. */
export function skippedText(skipped: readonly Skipped[]): string {
  const byReason = new Map<string, string[]>()
  for (const { path, reason } of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), printable(basename(path), 60)])
  return [...byReason]
    .map(([reason, names]) => {
      const more = names.length > namedAtMost ? ` and ${names.length - namedAtMost} more` : ''
      return `${printable(reason)} (${names.slice(0, namedAtMost).join(', ')}${more})`
    })
    .join(', ')
}
