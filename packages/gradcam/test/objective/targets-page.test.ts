/** @file Every kind of target has its section in docs/targets.md: formula, JSON, words, cost, advice and an image. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkObjective } from '../../src/objective/check.ts'
import { parseObjective } from '../../src/objective/words.ts'
import { objectiveKinds } from '../../src/objective/kinds.ts'

const docs = new URL('../../../../docs/', import.meta.url)
const sections = readFileSync(new URL('targets.md', docs), 'utf8').split('\n## ').slice(1)

// a target in a file is one of the others, and one of your own has no words
const kinds = objectiveKinds.map(({ kind }) => kind).filter((kind) => kind !== 'file' && kind !== 'custom')

const commands = (text: string): string[] => text.match(/^gradcam explain .*$/gm) ?? []

describe.each(kinds)('%s', (kind) => {
  const section = sections.find((text) => text.includes(`images/targets/${kind}.webp`)) ?? ''

  test('its section has formula, cost, advice and an image', () => {
    expect(section).toMatch(/\$\$[^$]+\$\$/)
    expect(section).toMatch(/\*\*Cost\*\*/)
    expect(section).toMatch(/\*\*When\*\*/)
    expect(section).toMatch(/\*\*When not\*\*/)
    expect(existsSync(new URL(`images/targets/${kind}.webp`, docs)), 'missing: npm run docs:targets').toBe(true)
  })

  test('its command lines are targets of that kind, in words and as JSON', () => {
    const given = commands(section).map((line) => / -t (?:'([^']*)'|"([^"]*)"|(\S+))/.exec(line)?.slice(1).find(Boolean) ?? '')
    expect(given.length).toBeGreaterThan(1)
    const found = given.map((text) => parseObjective(text))
    const json = found.at(-1)
    expect(json).toHaveProperty('kind', kind)
    checkObjective(json)
    // a bare label is a class
    const words = found[0]
    expect(typeof words === 'string' ? 'class' : words).toEqual(kind === 'class' ? 'class' : expect.objectContaining({ kind }))
  })
})
