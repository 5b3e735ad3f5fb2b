/** @file Pages keep to 120 columns, and what they name is there: links with their headings, files, folders, npm scripts, counts. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { methods } from '../../src/method/method.ts'
import { page, root } from './blocks.ts'

const home = fileURLToPath(root)
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(join(home, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `docs/${name}`),
]

/** Without what stands between fences. */
const prose = (name: string): string => page(name).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')

const anchors = (name: string): string[] => Array.from(prose(name).matchAll(/^#+ (.*)$/gm), ([, heading = '']) => anchorOf(heading))

// generated, or made of long links and numbers
const free = new Set(['docs/operators.md', 'docs/methods/README.md', 'docs/models-tried.md'])

describe.each(pages)('%s', (name) => {
  test('wraps at 120 columns, tables, formulas, code and generated pages excepted', () => {
    const long = (free.has(name) ? '' : prose(name))
      .split('\n')
      .filter((line) => Array.from(line).length > 120 && !/^\s*(?:\||!\[|\$\$)|^\S+$/.test(line))
    expect(long).toEqual([])
  })

  test('its links lead somewhere', () => {
    for (const [, target = ''] of prose(name).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const linked = file === '' ? name : join(dirname(name), file)
      expect(existsSync(join(home, linked)), `${name} → ${target}`).toBe(true)
      if (anchor !== undefined) expect(anchors(linked), `${name} → ${target}`).toContain(anchor)
    }
  })

  test('files and scripts that it names are there', () => {
    const text = prose(name)
    const places = ['', 'packages/gradcam/', 'packages/gradcam/src/', 'packages/gradcam/src/explain/']
    const named = [...text.matchAll(/`([\w./-]+\/|(?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|json|py))`/g)].map(([, path = '']) => path)
    for (const path of named.filter((each) => !/^\.\.|^(?:out|onnx|model|conv\d?)\//.test(each)))
      expect(
        places.some((place) => existsSync(join(home, place, path))),
        `${name}: ${path}`,
      ).toBe(true)
    const tests = [...text.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, file = '']) => file)
    const all = readdirSync(join(home, 'packages'), { recursive: true, encoding: 'utf8' })
    for (const file of tests)
      expect(
        all.some((each) => each.endsWith(`/${file}`) && !each.includes('node_modules')),
        file,
      ).toBe(true)
    const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> }
    for (const [, script = ''] of page(name).matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts), name).toContain(script)
  })
})

test('README counts right', () => {
  expect(page('README.md')).toContain(`${methods.length} [methods]`)
  const [, operators] = /\*\*(\d+) operators with gradients\*\*/.exec(page('docs/operators.md')) ?? []
  expect(page('README.md')).toContain(`[${operators} operators]`)
})
