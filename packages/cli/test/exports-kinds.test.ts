/** @file A detector, a segmentation, an embedding and a quantised classifier: from the files of scripts/exports/run.sh to the framework's own answers. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { finished, start } from './command.ts'

const root = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const place = process.env['GRADCAM_EXPORTS'] ?? join(tmpdir(), 'gradcam-exports')
const there = existsSync(join(place, 'truth/quantised.json'))
const photos: Readonly<Record<string, string>> = {
  'photo.jpg': root('examples/photos/cat-chelsea.png'),
  'similar:other.jpg': `similar:${root('examples/photos/coffee.png')}`,
}
const page = readFileSync(root('docs/models.md'), 'utf8')
const section = /^## From Python to a map$([\s\S]*?)^## /m.exec(page)?.[1] ?? ''
const kinds = ['detector', 'segmentation', 'embedding', 'quantised'] as const

/** The blocks of a kind in one language. */
function blocks(kind: string, language: string): string[] {
  const part = section.split(new RegExp(`^### An? ${kind}.*$`, 'm'))[1]?.split(/^### /m)[0] ?? ''
  return Array.from(part.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')), ([, text = '']) => text)
}

interface Truth {
  labels: string[]
  box?: number[]
  score?: number
  index?: number
  shares?: number[]
  likeness?: number
  probabilities?: number[]
}

interface Found {
  label: string
  index: number
  score: number
  box?: number[]
}

describe.each(kinds)('%s', (kind) => {
  test('the Python of the page is that of the script, but for the lines that load your network', () => {
    const script = readFileSync(root(`scripts/exports/kinds/${kind}.py`), 'utf8').replaceAll(/\s+/g, '')
    const lines = blocks(kind, 'python')
      .join('')
      .split('\n')
      .filter((line) => line !== '' && !line.includes('# your network'))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(script).toContain(line.replaceAll(/\s+/g, ''))
  })

  describe.skipIf(!there)(there ? 'its file' : 'its file: scripts/exports/run.sh has not made it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-kinds-test-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    const truth = there ? (JSON.parse(readFileSync(join(place, `truth/${kind}.json`), 'utf8')) as Truth) : { labels: [] }
    const [line = ''] = blocks(kind, 'sh')
    const words = line.trim().split(' ').slice(1)
    const asked = words.map((word) => photos[word] ?? (word === 'why.png' ? join(folder, word) : word))

    test('the command of the page explains the photo, and assumes nothing', async () => {
      const why = join(folder, 'why.json')
      const { code, stderr } = await finished(start([...asked, '--json', why], place))
      expect({ code, assumed: stderr.includes('assumed'), zero: stderr.includes('the map is zero') }, stderr).toEqual({
        code: 0,
        assumed: false,
        zero: false,
      })
      const { label, score, map } = JSON.parse(readFileSync(why, 'utf8')) as { label: string; score: number; map: { max: number } }
      expect(map.max).toBe(1)
      expect(existsSync(join(folder, 'why.png'))).toBe(true)
      const best = truth.shares ?? truth.probabilities
      const index = truth.index ?? best?.indexOf(Math.max(...best)) ?? -1
      if (truth.likeness !== undefined) expect(score).toBeCloseTo(truth.likeness, 3)
      else expect(label).toContain(truth.labels[index])
    })

    // an embedding has no answers to list
    if (kind === 'embedding') return
    test('its answers are those of the framework', async () => {
      const said = asked.slice(asked.indexOf('-m'), asked.indexOf('-o'))
      const top = String(Math.max(truth.labels.length, 1))
      const { code, stdout } = await finished(start(['predict', asked[1] ?? '', ...said, '--json', '--top', top], place))
      expect(code).toBe(0)
      const found = (JSON.parse(stdout) as { top: Found[] }).top
      if (truth.box) {
        expect(found[0]?.score).toBeCloseTo(truth.score ?? Number.NaN, 3)
        // 451×300 pixels, squeezed to 320×320
        for (const [i, corner] of truth.box.entries()) expect(found[0]?.box?.[i]).toBeCloseTo((corner * (i % 2 === 0 ? 451 : 300)) / 320, 0)
      }
      // int8 kernels differ between machines
      const digits = kind === 'quantised' ? 2 : 3
      for (const [i, value] of (truth.shares ?? truth.probabilities ?? []).entries())
        expect(found.find(({ index }) => index === i)?.score ?? 0).toBeCloseTo(value, digits)
    })
  })
})
