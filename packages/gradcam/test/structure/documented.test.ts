/** @file Whatever the packages export is documented: a comment stands before its declaration, from which the API reference is made. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const packages = fileURLToPath(new URL('../../../', import.meta.url))
const entries = ['gradcam/src/index.ts', 'gradcam/src/node/index.ts', 'gradcam/src/web/index.ts', 'models/src/index.ts', 'cli/src/main.ts']

type Declaration = [file: string, name: string]

/** Names between braces, by their name where they are declared. */
const namesIn = (braces: string): string[] => Array.from(braces.matchAll(/(?:type )?(\w+)(?: as \w+)?\s*(?:,|$)/g), ([, name = '']) => name)

/** What a file imports from other files, or hands on from them. */
function borrowed(file: string, keyword: 'import' | 'export'): Declaration[] {
  const found = readFileSync(file, 'utf8').matchAll(new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from '(\\.[^']+)'`, 'gm'))
  return Array.from(found, ([, names = '', from = '']) =>
    namesIn(names).map((name): Declaration => [join(dirname(file), from), name]),
  ).flat()
}

/** Where the exports of a file are declared. */
function exported(file: string): Declaration[] {
  const text = readFileSync(file, 'utf8')
  const own = Array.from(text.matchAll(/^export (?:async )?(?:const|function|interface|type|class) (\w+)/gm), ([, name = '']) => name)
  const listed = Array.from(text.matchAll(/^export \{([^}]*)\}$/gm), ([, names = '']) => namesIn(names)).flat()
  const imported = borrowed(file, 'import').filter(([, name]) => listed.includes(name))
  return [
    ...own.map((name): Declaration => [file, name]),
    ...[...imported, ...borrowed(file, 'export')].map(
      ([from, name]) => exported(from).find(([, other]) => other === name) ?? ([from, name] as Declaration),
    ),
  ]
}

/** Whether a comment ends on the line before the declaration. */
function isDocumented([file, name]: Declaration): boolean {
  const lines = readFileSync(file, 'utf8').split('\n')
  const declaration = new RegExp(`^(?:export )?(?:async )?(?:const|function|interface|type|class) ${name}\\b`)
  return lines.some((line, i) => declaration.test(line) && lines[i - 1]?.endsWith('*/'))
}

test.each(entries.filter((entry) => existsSync(join(packages, entry))))('%s', (entry) => {
  const exports = exported(join(packages, entry))
  expect(exports.length).toBeGreaterThan(0)
  const missing = exports.filter((each) => !isDocumented(each)).map(([file, name]) => `${relative(packages, file)}: ${name}`)
  expect(missing).toEqual([])
})
