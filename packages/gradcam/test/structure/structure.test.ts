/** @file The structure is enforced: a made-up library with every fault, each of which is found; the core does without Node and the DOM. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { layersOf } from '../../../../scripts/structure.mjs'

const library = fileURLToPath(new URL('../../', import.meta.url))
// in the repository, where the compiler would find Node's types if it looked for them
const place = join(library, '../../out')
let folder: string
beforeEach(() => {
  mkdirSync(place, { recursive: true })
  folder = mkdtempSync(join(place, 'structure-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

describe('layers', () => {
  test('imports of folders before are right, however they are written', () => {
    write({
      'core/a.ts': '',
      'graph/b.ts': "import type { A } from '../core/a.ts'\nexport {\n  c,\n} from './c.ts'\n",
      'graph/c.ts': "const a = await import('../core/a.ts')\n",
      'node/d.ts': "import '../graph/b.ts'\nimport { readFile } from 'node:fs'\n",
    })
    expect(layersOf(folder)).toEqual({ arrows: 4, backward: [], circles: [] })
  })

  test('an import of a later folder runs back, also of a type and also a late one', () => {
    write({
      'core/a.ts': "import type { B } from '../graph/b.ts'\n",
      'model/c.ts': "const b = await import('../graph/b.ts')\n",
      'graph/b.ts': '',
    })
    expect(layersOf(folder).backward).toEqual(['core/a.ts → graph/b.ts', 'model/c.ts → graph/b.ts'])
  })

  test('the adapters know nothing of each other, and a new folder needs a place', () => {
    write({ 'node/a.ts': "import '../web/b.ts'\n", 'web/b.ts': "import '../other/c.ts'\n", 'other/c.ts': '' })
    expect(layersOf(folder).backward).toEqual(['node/a.ts → web/b.ts', 'web/b.ts → other/c.ts: other has no place in the order'])
  })

  test('folders must not import in a circle, even where files do not', () => {
    write({
      'method/cam/a.ts': "import '../saliency/b.ts'\n",
      'method/saliency/b.ts': '',
      'method/saliency/c.ts': "import '../cam/d.ts'\n",
      'method/cam/d.ts': '',
    })
    expect(layersOf(folder).circles).toEqual(['method/cam/a.ts → method/saliency/b.ts, method/saliency/c.ts → method/cam/d.ts'])
  })
})

describe('the core', () => {
  /** What the compiler says of a file of the core. */
  const compile = (text: string): string => {
    write({
      'file.mts': text,
      'tsconfig.json': JSON.stringify({
        extends: join(library, 'tsconfig.core.json'),
        compilerOptions: { noEmit: true, composite: false, rootDir: '/' },
        include: ['file.mts', join(library, 'platform.d.ts')],
        exclude: [],
      }),
    })
    return spawnSync(process.execPath, [join(library, '../../node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' }).stdout
  }

  test('may use what all platforms have', () => {
    expect(compile("export const text = new TextDecoder('latin1').decode(new Uint8Array(4)) + performance.now()\n")).toBe('')
  })

  test.each([
    ["import { readFileSync } from 'node:fs'\nexport const text = readFileSync('a')\n", 'node:fs'],
    ['export const bytes = Buffer.alloc(4)\n', 'Buffer'],
    ['export const home = process.env\n', 'process'],
    ["export const page = document.createElement('p')\n", 'document'],
  ])('does not compile with %j', (text, name) => {
    expect(compile(text)).toMatch(new RegExp(`error TS\\d+: Cannot find (?:name|module)[^\\n]*${name}`))
  })
})
