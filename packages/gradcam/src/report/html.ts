/** @file HTML from templates in which every value is text, unless it is HTML made here. */

/** A piece of HTML that may stand as it is. Made here alone. */
export interface Html {
  readonly html: string
}

type Part = Html | readonly Html[] | string | number | undefined

const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const longest = 20_000

/**
 * Text as it may stand between tags and in quoted attributes. Controls and halves of characters show as �; marks that turn the direction
 * of what follows are taken out, so that no name can hide behind another.
 */
function escaped(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text
  return cut
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/(?![\n\t])[\p{Cc}\p{Surrogate}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => named[character] as string)
}

function part(value: Part): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escaped(value)
  if (typeof value === 'number') return String(value)
  return 'html' in value ? value.html : value.map((each) => each.html).join('')
}

/** A figure's data URI, which needs no escaping and may be long. */
export function dataUri(uri: string): Html {
  if (!/^data:image\/(png|webp);base64,[A-Za-z0-9+/=]*$/.test(uri)) throw new Error('not the data URI of a figure')
  return { html: uri }
}

/**
 * A template whose values are escaped. Attributes must be quoted.
 *
 * @example html`<b>${'<script>'}</b>`.html // '<b>&lt;script&gt;</b>'
 */
export const html = (strings: TemplateStringsArray, ...values: readonly Part[]): Html => ({
  html: strings.map((text, i) => text + part(values[i])).join(''),
})
