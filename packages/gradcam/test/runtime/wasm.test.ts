/** @file What WebAssembly shares between networks of one process: data mounted by name, and threads. */
import { beforeAll, describe, expect, test } from 'vitest'
import { deriveModel } from '../../src/graph/derive.ts'
import { readModel } from '../../src/graph/model.ts'
import { load } from '../../src/node/index.ts'
import { engineRuntime } from '../../src/node/runtime.ts'
import { onnxRuntime, type OrtModule } from '../../src/runtime/onnxruntime.ts'
import type { ModelBytes, Runtime } from '../../src/runtime/runtime.ts'
import { refusal } from '../support/refusal.ts'
import { headedBytes, images } from '../support/small-nets.ts'

test('models that are opened together have each its own weights', async () => {
  const runtime = await engineRuntime('wasm')
  const models = [1, 2, 3].map((seed) => deriveModel(readModel(headedBytes(seed)), { outputs: ['prob'] }))
  const paths = models.map(({ external }) => ('folder' in external ? [] : external.map(({ path }) => path)))
  expect(new Set(paths.flat()).size).toBe(1)
  const answer = async (model: ModelBytes) => {
    const session = await runtime.open(model)
    const { prob } = await session.run({ x: images(1) })
    await session.release()
    return prob?.data
  }
  const alone = []
  for (const model of models) alone.push(await answer(model))
  expect(new Set(alone.map(String)).size).toBe(3)
  expect(await Promise.all(models.map(answer))).toEqual(alone)
})

describe('threads', () => {
  let web: OrtModule
  beforeAll(async () => {
    web = await import('onnxruntime-web')
    await engineRuntime('wasm', { threads: 1 })
  })
  const otherwise = {
    code: 'bad-option',
    message: expect.stringContaining('`threads` is 2'),
    hint: expect.stringContaining('same `threads`'),
  }

  test('a network cannot change those of another', async () => {
    expect(await refusal(() => engineRuntime('wasm', { threads: 2 }))).toMatchObject(otherwise)
    expect(await refusal(() => load(headedBytes(1), { engine: 'wasm', threads: 2 }))).toMatchObject(otherwise)
    expect(() => onnxRuntime(web, { provider: 'wasm', threads: 2 })).toThrow('`threads` is 2')
    expect(web.env.wasm.numThreads).toBe(1)
    for (const options of [{}, { threads: 1 }]) expect((await engineRuntime('wasm', options)).provider).toBe('wasm')
    expect(onnxRuntime(web, { provider: 'wasm' }).provider).toBe('wasm')
  })

  test('native networks have each their own', async () => {
    const runtimes: Runtime[] = [await engineRuntime('native', { threads: 1 }), await engineRuntime('native', { threads: 2 })]
    const sessions = await Promise.all(runtimes.map((runtime) => runtime.open({ bytes: headedBytes(1), external: [] })))
    const [one, two] = await Promise.all(sessions.map((session) => session.run({ x: images(1) })))
    expect(one?.['prob']?.dims).toEqual(two?.['prob']?.dims)
    await Promise.all(sessions.map((session) => session.release()))
  })

  test('what a page has set itself holds', () => {
    const page = { ...web, env: { ...web.env, wasm: { numThreads: 4 } } }
    expect(() => onnxRuntime(page, { provider: 'wasm', threads: 2 })).toThrow('WebAssembly is set to 4')
    expect(onnxRuntime(page, { provider: 'wasm' }).provider).toBe('wasm')
    const fresh = { ...web, env: { ...web.env, wasm: {} as OrtModule['env']['wasm'] } }
    onnxRuntime(fresh, { provider: 'wasm', threads: 3 })
    expect(fresh.env.wasm.numThreads).toBe(3)
    // as where threads cannot be had
    fresh.env.wasm.numThreads = 1
    expect(onnxRuntime(fresh, { provider: 'wasm', threads: 3 }).provider).toBe('wasm')
  })
})
