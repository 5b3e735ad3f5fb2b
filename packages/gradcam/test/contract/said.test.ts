/** @file What is assumed of a network travels with its results: JSON, figure, its text chunks, report. Derived once, it is used by all. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resnet50 } from '../../../../bench/networks.mjs'
import type { Pixels } from '../../src/core/pixels.ts'
import { lettering } from '../../src/figure/titles.ts'
import type { Host } from '../../src/host.ts'
import { loadWith, type Explanation, type Network } from '../../src/network.ts'
import { load, nodeHost, reportOf } from '../../src/node/index.ts'
import { buildModel } from '../support/build.ts'
import { readPngText } from '../support/png-text.ts'
import { headed } from '../support/small-nets.ts'

const photo: Pixels = { width: 8, height: 8, channels: 3, data: new Uint8Array(192).map((_, i) => (i * 37) % 256) }

describe('results say what is assumed', () => {
  let bare: Network
  let told: Network
  let unsure: Explanation
  let sure: Explanation
  beforeAll(async () => {
    bare = await load(buildModel(headed()), { threads: 1 })
    told = await load(buildModel(headed()), { threads: 1, preprocessing: 'inception' })
    ;[unsure, sure] = await Promise.all([bare.explain(photo), told.explain(photo)])
  })
  afterAll(() => Promise.all([bare.close(), told.close()]))

  test('JSON', () => {
    expect(unsure.toJSON()).toMatchObject({
      knownFrom: {
        steps: { source: 'assumed' },
        values: { source: 'assumed' },
        channelOrder: { source: 'assumed' },
        labels: { source: 'assumed' },
      },
      warnings: [{ code: 'preprocessing-assumed', hint: expect.stringContaining('`preprocessing`') }],
    })
    expect(sure.toJSON()).toMatchObject({
      knownFrom: { steps: { source: 'given', from: "`preprocessing: 'inception'`" }, values: { source: 'given' } },
    })
    expect(sure.toJSON().warnings.map(({ code }) => code)).not.toContain('preprocessing-assumed')
  })

  test('the figure', () => {
    expect(lettering(unsure, [unsure]).subtitle).toContain('preprocessing assumed')
    expect(lettering(sure, [sure]).subtitle).not.toContain('assumed')
  })

  test('its text chunks', async () => {
    const texts = async (why: Explanation): Promise<string> =>
      Object.entries(readPngText(await why.overlay().toBuffer('png')))
        .flat()
        .join('\n')
    expect(await texts(unsure)).toMatch(/assumed/)
    expect(await texts(sure)).not.toMatch(/preprocessing-assumed|nothing says how photos/)
  })

  test('the report', async () => {
    expect(await reportOf([unsure]).toHtml()).toContain('nothing says how photos are prepared for this network')
    expect(await reportOf([sure]).toHtml()).not.toContain('nothing says how photos are prepared')
  })
})

describe('what was derived is not derived again', () => {
  /** Sessions that are opened, and runs on them. */
  async function counted(options = {}): Promise<{ network: Network; opened: () => number }> {
    let opened = 0
    const host: Host = {
      ...nodeHost,
      async runtime(wanted, external) {
        const runtime = await nodeHost.runtime(wanted, external)
        return { ...runtime, open: (...args) => (opened++, runtime.open(...args)) }
      },
    }
    const model = buildModel({ ...headed(13, 'H'), inputs: { x: ['N', 3, 'H', 'W'] } })
    return { network: await loadWith(host, model, { threads: 1, ...options }), opened: () => opened }
  }

  test('a size that is searched for is found once', async () => {
    const { network, opened } = await counted()
    expect(opened()).toBe(0)
    expect((await network.inspect()).preparation?.steps.value).toMatchObject([{ to: { width: 224, height: 224 } }])
    expect(opened()).toBe(1)
    await network.inspect()
    expect(opened()).toBe(1)
    await network.explain(photo)
    const inspectedFirst = opened()
    await network.close()
    const direct = await counted()
    await direct.network.explain(photo)
    expect(direct.opened()).toBe(inspectedFirst)
    await direct.network.explain(photo)
    expect(direct.opened()).toBe(inspectedFirst)
    await direct.network.close()
  })

  test('nothing is run where all is known', async () => {
    const { network, opened } = await counted({ preprocessing: 'torchvision', size: 32 })
    await network.inspect()
    expect(opened()).toBe(0)
    await network.close()
  })
})

describe('inspecting a model of 100 MB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradcam-large-'))
  const file = join(folder, 'model.onnx')
  const script = `import { load } from ${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)}
    const before = process.cpuUsage()
    const network = await load(process.argv[1])
    await network.inspect({ probe: process.argv[2] === 'probe' })
    const { user, system } = process.cpuUsage(before)
    console.log((user + system) / 1e6)
    await network.close()`
  beforeAll(() => writeFileSync(file, resnet50()))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  // the machine's load changes the time on the wall, not that of the processor
  test.each([
    ['nothing', 0.5],
    ['probe', 2],
  ])('%s: below %f s of processor time', (probe, most) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, file, probe], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
    })
    expect(stderr).toBe('')
    expect(Number(stdout)).toBeGreaterThan(0)
    expect(Number(stdout)).toBeLessThan(most)
  })
})
