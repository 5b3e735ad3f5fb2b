/** @file What only Node does: files written whole, packages that are optional. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { writeWith } from '../../src/host.ts'
import { write } from '../../src/node/write.ts'
import { refusal } from '../support/refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradcam-node-'))
const at = (...names: string[]): string => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

const grey = { width: 4, height: 4, channels: 1 as const, data: new Uint8Array(16) }

describe('files', () => {
  test('are whole, and nothing lies beside them', async () => {
    writeFileSync(at('a.txt'), 'old')
    symlinkSync('a.txt', at('link.txt'))
    await write(at('link.txt'), 'new')
    await write(at('b.txt'), Uint8Array.of(98))
    expect(['a.txt', 'b.txt'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['new', 'b'])
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.txt', 'link.txt'])
  })

  test.each([
    ['a folder', () => folder, 'it is a folder'],
    ['in a folder that is not there', () => at('none', 'c.png'), 'there is no such folder'],
    ['where no folder can be', () => '/proc/gradcam/x.png', 'there is no such folder'],
    ['below a file', () => at('a.txt', 'c.png'), 'part of the path is a file'],
    ['with a name too long', () => at('n'.repeat(300)), 'the name is too long'],
  ])('cannot be written: %s', { timeout: 5000 }, async (_, path, why) => {
    const error = await refusal(() => write(path(), 'x'))
    expect([error.code, error.message]).toEqual(['cannot-write', expect.stringContaining(why)])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
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
    ['onnxruntime-node', 'npm install onnxruntime-node'],
    ['onnxruntime-web', 'npm install onnxruntime-web'],
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
