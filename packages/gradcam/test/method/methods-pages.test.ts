/** @file Every method of the table has a page with formula, source, cost, advice and an image, and stands in the list. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { methodsPage } from '../../../../scripts/methods.mjs'
import { methods } from '../../src/method/method.ts'
import { resolveOptions } from '../../src/method/options.ts'

const docs = new URL('../../../../docs/', import.meta.url)
/** As the command spells an option, and back. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
const read = (path: string): string => readFileSync(new URL(path, docs), 'utf8')

test('docs/methods/README.md is what the table makes', () => {
  expect(read('methods/README.md'), 'out of date: npm run docs:methods').toBe(methodsPage(methods))
})

describe.each(methods)('$name', (method) => {
  const { name, source, options = {} } = method

  test('its page says what it computes, where that comes from, and when to use it', () => {
    const page = read(`methods/${name}.md`)
    expect(page).toContain(`# ${name}\n`)
    expect(page).toMatch(/\$\$[^$]+\$\$/)
    expect(page).toMatch(/cost/i)
    expect(page).toMatch(/when/i)
    const paper = /arXiv:[\d.]+/.exec(source)?.[0].replace('arXiv:', '')
    if (paper !== undefined) expect(page).toContain(paper)
    for (const option of Object.keys(options)) expect(page).toMatch(new RegExp(`[|\`,=] *${kebab(option)}\\b|\\b${kebab(option)}\``))
  })

  test('its command lines name the method and options that it has', () => {
    const lines = read(`methods/${name}.md`).match(/^gradcam explain .*$/gm) ?? []
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(/--method (\S+)/.exec(line)?.[1] ?? 'grad-cam').toBe(name)
      for (const [, option = '', value = ''] of line.matchAll(/--set ([\w-]+)=(\S+)/g)) resolveOptions(method, { [camel(option)]: value })
    }
  })

  test('its image is there', () => {
    expect(read(`methods/${name}.md`)).toContain(`../images/methods/${name}.webp`)
    expect(existsSync(new URL(`images/methods/${name}.webp`, docs)), 'missing: npm run docs:methods').toBe(true)
  })
})
