/** @file A method and an objective stand in the two places that CONTRIBUTING.md names, with the lines that it shows, and nowhere else. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { page, root } from './blocks.ts'

const folder = 'packages/gradcam/src/'
const sources = readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => ({ file: folder + name, text: page(folder + name) }))

describe.each([
  ['Adding a method', /\bfem\b/],
  ['Adding an objective', /\bagainstKind\b|'against'(?! ?\])/],
])('%s', (heading, named) => {
  const guide = page('CONTRIBUTING.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const steps = [...guide.matchAll(/^\d\. [\s\S]*?`(packages\/[^`]+)`[\s\S]*?```ts\n([\s\S]*?)```/gm)].map(([, file = '', code = '']) => ({
    file,
    code,
  }))

  test('two places', () => expect(steps).toHaveLength(2))

  test.each(steps)('$file holds the lines of the guide', ({ file, code }) => {
    for (const line of code.trim().split('\n')) expect(page(file)).toContain(line.trim())
  })

  test('nothing else in the library knows it', () => {
    const naming = sources.filter(({ text }) => named.test(text.replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
    // the legend of figures says for and against
    const others = naming.map(({ file }) => file).filter((file) => !file.endsWith('figure/scale.ts'))
    expect(others.sort()).toEqual(steps.map(({ file }) => file).sort())
  })
})
