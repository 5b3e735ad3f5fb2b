/** @file `gradcam check-input`: with which of the usual preprocessings is the network surest? */
import type { InputCheck } from 'gradcam/node'
import type { CheckInputFlags } from '../flags/table.ts'
import { expandPhotos } from '../inputs.ts'
import { withNetwork } from '../network.ts'
import { printableJson } from '../printable.ts'
import { skippedText } from '../skipped.ts'
import { photoSource } from '../stdin.ts'
import { table } from '../table.ts'
import { print, tell } from '../terminal.ts'

export async function checkInput(names: readonly string[], flags: CheckInputFlags): Promise<void> {
  const { photos, skipped, problems } = await expandPhotos(names)
  const [problem] = problems
  if (problem) throw problem
  if (skipped.length > 0) tell(`skipped: ${skippedText(skipped)}\n`)
  const check = await withNetwork(flags, (network) => network.checkInput(photos.map(photoSource)))
  await print(flags.json ? `${printableJson(check, 2)}\n` : checkText(check))
}

function checkText({ verdict, ways }: InputCheck): string {
  if (ways.length === 0) return `${verdict}\n`
  const rows = ways.map(({ name, sureness, labels, options, current }) => [
    sureness.toFixed(3),
    `${name}${current ? ' (in use)' : ''}`,
    [...new Set(labels)].slice(0, 3).join(', '),
    flagsOf(options),
  ])
  return `${table([['sure', 'preprocessing', 'of', 'say it with'], ...rows])}\n${verdict}\n`
}

/** 1/255 instead of 0.0039. */
const quotientOf = (factor: number): string =>
  Math.abs(factor) === 1 ? String(factor) : `${Math.sign(factor)}/${Math.round(10 / Math.abs(factor)) / 10}`

/** Options in code as flags. */
const flagsOf = (options: Readonly<Record<string, unknown>>): string =>
  Object.entries(options)
    .map(([name, value]) => `--${name} ${name === 'scale' ? quotientOf(Number(value)) : [value].flat().join(',')}`)
    .join(' ')
