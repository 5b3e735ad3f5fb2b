/** @file Classes in the words of the command line: digits are an index, all else is a label. */
import type { Label } from './labels.ts'

export const classOf = (text: string): Label => (/^\s*\d+\s*$/.test(text) ? Number(text) : text.trim())
export const classesOf = (text: string): Label[] => text.split('|').map(classOf)
