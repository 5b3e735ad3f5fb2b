/** @file The typeface of the figures, Inter, read from its package on first use. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Fonts, parseFonts } from '../figure/lettering.ts'

const others = ['latin-ext', 'greek', 'cyrillic', 'vietnamese']

// ASCII, Latin-1, general punctuation: what the first file holds, enough for nearly every label and layer
const western = /^[\0-\u00ff\u2000-\u206f]*$/

const loaded = new Map<boolean, Promise<Fonts>>()

async function read(all: boolean): Promise<Fonts> {
  const { resolve } = createRequire(import.meta.url)
  const weight = (n: number): Promise<Uint8Array[]> =>
    Promise.all(
      ['latin', ...(all ? others : [])].map((script) => readFile(resolve(`@fontsource/inter/files/inter-${script}-${n}-normal.woff`))),
    )
  const [regular, bold] = await Promise.all([weight(400), weight(600)])
  return parseFonts({ regular, bold })
}

/**
 * Inter regular and semi-bold for Latin letters, and for Greek and Cyrillic ones where the text has such. Loaded once; a
 * failure is tried again next time.
 *
 * @param text everything that will be written
 * @example const fonts = await loadFonts(explanation.label)
 */
export function loadFonts(text = ''): Promise<Fonts> {
  const all = !western.test(text)
  const known = loaded.get(all)
  if (known) return known
  const fonts = read(all).catch((error: unknown) => {
    loaded.delete(all)
    throw error
  })
  loaded.set(all, fonts)
  return fonts
}
