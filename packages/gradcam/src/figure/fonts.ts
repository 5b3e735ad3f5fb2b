/** @file The typeface of the figures, Inter: which files a text needs, each read once. */
import { type Cache, createCache } from '../core/cache.ts'
import type { FontScript, FontWeight, Host } from '../host.ts'
import { type Fonts, parseFonts } from './lettering.ts'

type FontHost = Pick<Host, 'font'>

const others: readonly FontScript[] = ['latin-ext', 'greek', 'cyrillic', 'vietnamese']

// ASCII, Latin-1, general punctuation: what the first file holds, enough for nearly every label and layer
const western = /^[\0-\u00ff\u2000-\u206f]*$/

const loaded = new WeakMap<FontHost, Cache<Fonts>>()

/**
 * Inter regular and semi-bold for Latin letters, and for Greek and Cyrillic ones where the text has such. Loaded once for each host; a
 * failure is tried again next time.
 *
 * @param text everything that will be written
 * @example const fonts = await loadFonts(host, explanation.label)
 */
export function loadFonts(host: FontHost, text = ''): Promise<Fonts> {
  const all = !western.test(text)
  const known = loaded.get(host) ?? createCache<Fonts>(2)
  loaded.set(host, known)
  return known.get(String(all), async () => {
    const weight = (n: FontWeight): Promise<Uint8Array[]> =>
      Promise.all(['latin' as const, ...(all ? others : [])].map((script) => host.font(script, n)))
    const [regular, bold] = await Promise.all([weight(400), weight(600)])
    return parseFonts({ regular, bold })
  })
}
