/** @file What only Node does: files written whole, folders made, packages that are optional. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { writeWith } from '../../src/host.ts'
import { discardDrafts, openDraft, prepareFile, prepareFolder, writeWhole } from '../../src/node/write.ts'
import { refusal } from '../support/refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-node-'))
const at = (...names: string[]): string => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

const grey = { width: 4, height: 4, channels: 1 as const, data: new Uint8Array(16) }

describe('files', () => {
  test('are whole, and nothing lies beside them', async () => {
    writeFileSync(at('a.txt'), 'old')
    symlinkSync('a.txt', at('link.txt'))
    await writeWhole(at('link.txt'), 'new')
    expect([readFileSync(at('a.txt'), 'utf8'), readdirSync(folder).sort()]).toEqual(['new', ['a.txt', 'link.txt']])
  })

  test('that are not finished leave no trace', async () => {
    const [first, second] = [await openDraft(at('b.txt')), await openDraft(at('c.txt'))]
    await first.write('half')
    await first.discard()
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toHaveLength(1)
    discardDrafts()
    await second.discard()
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'link.txt'])
  })

  test('go into folders that are made level by level', async () => {
    await Promise.all([prepareFile(at('x/y/z.png')), prepareFile(at('x/y/w.png')), prepareFolder(at('x/v'))])
    expect(readdirSync(at('x')).sort()).toEqual(['v', 'y'])
    expect(readdirSync(at('x/y'))).toEqual([])
  })

  test.each([
    ['a folder', () => folder, 'it is a folder'],
    ['below a file', () => at('a.txt', 'b', 'c.png'), 'part of the path is a file'],
    ['with a name too long', () => at('n'.repeat(300), 'c.png'), 'the name is too long'],
  ])('cannot be written: %s', async (_, path, why) => {
    for (const attempt of [prepareFile, (file: string) => writeWhole(file, 'x')]) {
      const error = await refusal(() => attempt(path()))
      expect([error.code, error.message]).toEqual(['cannot-write', expect.stringContaining(why)])
    }
  })

  // Node's own recursive mkdir never comes back there
  test.skipIf(!existsSync('/proc/self'))('cannot be written: where no folder can be made', { timeout: 5000 }, async () => {
    for (const attempt of [prepareFile, prepareFolder, (file: string) => writeWhole(file, 'x')]) {
      const error = await refusal(() => attempt('/proc/gradcam/x.png'))
      expect([error.code, error.hint]).toEqual(['cannot-write', 'choose another place'])
    }
  })

  test('are not written by a host that has none', async () => {
    expect((await refusal(() => writeWith({}, at('mask.png'), 'x'))).code).toBe('cannot-write')
    expect(readdirSync(folder)).not.toContain('mask.png')
  })
})

describe('packages that are missing', () => {
  afterEach(() => {
    vi.doUnmock('sharp')
    vi.doUnmock('onnxruntime-node')
    vi.doUnmock('onnxruntime-web')
    vi.resetModules()
  })

  test.each([
    ['sharp', 'npm install sharp'],
    ['onnxruntime-node', 'npm install onnxruntime-node@1.30.0'],
    ['onnxruntime-web', 'npm install onnxruntime-web@1.30.0'],
  ])('%s', async (name, hint) => {
    vi.resetModules()
    vi.doMock(name, () => {
      throw new Error(`Cannot find package '${name}'`)
    })
    const node = await import('../../src/node/index.ts')
    const uses: Record<string, () => Promise<unknown>> = {
      sharp: () => node.encodeImage(grey, 'png'),
      'onnxruntime-node': () => node.nodeRuntime(),
      'onnxruntime-web': () => node.engineRuntime('wasm'),
    }
    const error = await (uses[name] as () => Promise<unknown>)().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'GradcamError', code: 'not-installed', message: expect.stringContaining(name), hint })
  })

  test('are loaded when they are used, not with the library', () => {
    const source = fileURLToPath(new URL('../../src', import.meta.url))
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((each) => /(?<!\.test)\.ts$/.test(each)))
      expect(readFileSync(join(source, file), 'utf8'), file).not.toMatch(
        /^import (?!type ).* from '(sharp|onnxruntime-node|onnxruntime-web)'/m,
      )
  })
})
