/** @file docs/library.md has a row for every option, error code and warning code that the sources have, with the same default, and no other. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { page, root } from './blocks.ts'

const source = 'packages/gradcam/src/'

/** Fields of an interface with their comments, without those that it inherits. */
function fieldsOf(file: string, name: string): Record<string, string> {
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(page(source + file))?.[1] ?? ''
  const fields = body.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^ {2}(\w+)\??:/gm)
  return Object.fromEntries(Array.from(fields, ([, comment = '', field = '']) => [field, comment.replaceAll(/\s*\n\s*\*\s*/g, ' ')]))
}

/** Rows of the tables of a section, by what stands in backticks in their first cell. */
function rowsOf(heading: string): Record<string, string> {
  const section = page('docs/library.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.match(/^\| `.*$/gm) ?? []
  return Object.fromEntries(
    rows.flatMap((row) => Array.from((row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g), ([, name = '']) => [name, row] as const)),
  )
}

test.each<[string, [string, string][]]>([
  [
    'Options of `load`',
    [
      ['network.ts', 'LoadOptions'],
      ['contract/known.ts', 'ModelOptions'],
      ['contract/preparation-options.ts', 'PreparationOptions'],
      ['contract/explainable.ts', 'InputOptions'],
      ['host.ts', 'RuntimeOptions'],
    ],
  ],
  [
    'Options of `explain`',
    [
      ['explain/request.ts', 'ExplainOptions'],
      ['graph/layers.ts', 'LayerOptions'],
      ['method/post.ts', 'PostProcessing'],
    ],
  ],
  [
    'Figures and reports',
    [
      ['figure/painting.ts', 'PaintOptions'],
      ['figure/draw.ts', 'OverlayOptions'],
    ],
  ],
])('%s', (heading, interfaces) => {
  const fields = Object.assign({}, ...interfaces.map(([file, name]) => fieldsOf(file, name))) as Record<string, string>
  const rows = rowsOf(heading)
  expect(Object.keys(rows).sort()).toEqual(Object.keys(fields).sort())
  for (const [name, comment] of Object.entries(fields)) {
    const [, usual] = /Default: `?([\w.+-]+)/.exec(comment) ?? []
    if (usual !== undefined && /^[\d.]+$|^(?:grad-cam|top-1|mean|none|auto|true|jet)$/.test(usual))
      expect(rows[name], name).toContain(usual.replace(/\.$/, ''))
  }
})

test('every error code', () => {
  const union = /export type ErrorCode =([\s\S]*?)\n\n/.exec(page(`${source}core/errors.ts`))?.[1] ?? ''
  const codes = Array.from(union.matchAll(/\| '([\w-]+)'/g), ([, code = '']) => code)
  expect(codes.length).toBeGreaterThan(20)
  expect(Object.keys(rowsOf('Errors')).sort()).toEqual(codes.sort())
})

test('every warning code', () => {
  const files = readdirSync(fileURLToPath(new URL(source, root)), { recursive: true, encoding: 'utf8' })
  // what is found in a preprocessing file has codes of its own
  const others = /\.test\.ts$|model.preprocessing.(?:processor-said|timm|fields)\.ts$/
  const sources = files.filter((file) => file.endsWith('.ts') && !others.test(file)).map((file) => page(source + file))
  const codes = sources.flatMap((text) => Array.from(text.matchAll(/(?:\bcode: |\bwarn\(\s*)'([\w-]+)'/g), ([, code = '']) => code))
  expect(Object.keys(rowsOf('Warnings')).sort()).toEqual([...new Set(codes)].sort())
})
