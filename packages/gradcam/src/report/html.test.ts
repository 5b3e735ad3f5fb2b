import { expect, test } from 'vitest'
import { dataUri, html } from './html.ts'

test('values are text, whatever they hold', () => {
  const hostile = `</title><script>alert("1")</script><img src=x onerror='y'>&amp;`
  const { html: made } = html`<b title="${hostile}">${hostile}</b>`
  expect(made.match(/</g)).toHaveLength(2)
  expect(made.match(/"/g)).toHaveLength(2)
  expect(made).not.toContain("'")
  expect(made).toContain('&amp;amp;')
})

test('controls, halves of characters and marks that turn the direction do not get through', () => {
  expect(html`${'a\0b\ud800c\u202egnp.exe\u2066\n'}`.html).toBe('a\ufffdb\ufffdcgnp.exe\n')
  expect(html`${'x'.repeat(1e6)}`.html.length).toBeLessThan(21_000)
})

test('pieces stand as they are, absent ones leave nothing', () => {
  expect(html`<p>${html`<i>${1}</i>`}${undefined}${[html`<b>&</b>`, html`<br>`]}</p>`.html).toBe('<p><i>1</i><b>&</b><br></p>')
})

test('only data URIs of figures are', () => {
  expect(dataUri('data:image/png;base64,AA==').html).toBe('data:image/png;base64,AA==')
  for (const uri of ['data:image/svg+xml;base64,AA==', 'https://x/y.png', 'data:image/png;base64,AA" onload="x']) {
    expect(() => dataUri(uri)).toThrow('data URI')
  }
})
