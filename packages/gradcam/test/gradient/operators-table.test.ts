/** @file The table of operators and the rules name the same operators, and an operator stands in the three places that CONTRIBUTING.md names. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../src/gradient/rule.ts'
import { complete } from '../../src/gradient/tables/complete.ts'
import { plain } from '../../src/gradient/tables.ts'
import { aliases, type DifferentiableOperator, operators } from '../../src/graph/operators.ts'

const root = new URL('../../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

describe('the table of operators', () => {
  test('names the operators of the plain table, and random ones', () => {
    const named = Object.entries(operators).flatMap(([name, { kind }]) => (kind === 'random' ? [] : [name]))
    expect(Object.keys(plain).sort()).toEqual([...named, ...Object.keys(aliases)].sort())
  })

  test('names every operator once', () => {
    const table = /export const operators = \{(.*?)\n\} as const/s.exec(read('packages/gradcam/src/graph/operators.ts'))?.[1] ?? ''
    const names = [...table.matchAll(/(?<=[[ ])'((?:com\.microsoft:)?[A-Z]\w*)'|^ {2}([A-Z]\w*):/gm)].map(
      ([, quoted, key]) => quoted ?? key,
    )
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(names)).toEqual(new Set(Object.keys(operators)))
  })
})

// never run: these lines are checked by the compiler
export function typeErrors(all: Record<DifferentiableOperator, Rule>, rule: Rule): void {
  const { Relu: _, ...lacking } = all
  complete(all)
  // @ts-expect-error Relu has a row, and no rule here
  complete(lacking)
  // @ts-expect-error Unheard has a rule, and no row
  complete({ ...all, Unheard: rule })
}

describe('adding an operator', () => {
  const guide = read('CONTRIBUTING.md').split('## Adding an operator')[1]?.split('\n## ')[0] ?? ''
  const steps = [...guide.matchAll(/^\d\. .*?`(packages\/[^`]+)`.*?```ts\n(.*?)```/gms)].map(([, file = '', code = '']) => ({ file, code }))

  test.each(steps)('$file holds the lines of the guide', ({ file, code }) => {
    for (const line of code.trim().split('\n')) expect(read(file)).toContain(line.trim())
  })

  test('nothing else in the library knows the operator', () => {
    const folder = 'packages/gradcam/src/'
    const files = readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const naming = files.filter((file) => /\bSwish\b/.test(read(folder + file))).map((file) => folder + file)
    expect(naming.sort()).toEqual(steps.flatMap(({ file }) => (file.startsWith(folder) ? [file] : [])).sort())
    expect(steps).toHaveLength(3)
  })
})
