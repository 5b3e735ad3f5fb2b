/** @file The code of a page of the docs as modules that run: each block behind the page's first one, imports gathered at the top. */
import { readFileSync } from 'node:fs'

/** The repository. */
export const root = new URL('../../../../', import.meta.url)
/** A file of the repository. */
export const page = (path: string): string => readFileSync(new URL(path, root), 'utf8')

interface Parts {
  imports: readonly string[]
  body: string
}

const importLine = /^import .*$/gm

const partsOf = (block: string): Parts => ({ imports: block.match(importLine) ?? [], body: block.replace(importLine, '').trim() })

/** Blocks of TypeScript or JavaScript, in their order. */
export const blocksOf = (text: string): string[] => Array.from(text.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm), ([, code = '']) => code)

/** Import lines with each name once. */
function joined(lines: readonly string[]): string {
  const names = new Map<string, Set<string>>()
  const whole = new Set<string>()
  for (const line of lines) {
    const [, braces, from] = /^import \{ (.*) \} from ('.*')$/.exec(line) ?? []
    if (braces === undefined || from === undefined) whole.add(line)
    else for (const name of braces.split(', ')) names.set(from, (names.get(from) ?? new Set()).add(name))
  }
  return [...whole, ...Array.from(names, ([from, each]) => `import { ${[...each].join(', ')} } from ${from}`)].join('\n')
}

const usual = "import { load } from 'gradcam/node'\n\nconst net = await load('model')\n"

/**
 * Modules, one a block. A page's first block comes before each of the others, where it loads `net`; a page that loads nothing begins with
 * a network that is there.
 */
export function modulesOf(text: string): string[] {
  const blocks = blocksOf(text)
  const opens = /^const net = /m.test(blocks[0] ?? '')
  const first = partsOf(opens ? (blocks[0] ?? '') : usual)
  return blocks.map((block, i) => {
    const own = opens && i === 0 ? { imports: [], body: '' } : partsOf(block)
    return `${joined([...first.imports, ...own.imports])}\n${first.body}\ntry {\n${own.body}\n} finally {\n  await net.close()\n}\n`
  })
}

/** Modules of a page of a browser: each block by itself; what it ends with is told to the test's server. */
export const pagesOf = (text: string): string[] =>
  blocksOf(text).map((block) => {
    const { imports, body } = partsOf(block)
    const tell = (path: string, what: string): string => `await fetch('${path}', { method: 'POST', body: ${what} })`
    return `${joined(imports)}\ntry {\n${body}\n${tell('/done', 'String(document.images.length)')}\n} catch (error) {\n${tell('/failed', 'String(error)')}\n}\n`
  })
