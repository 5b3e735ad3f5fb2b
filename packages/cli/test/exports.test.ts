/**
 * @file Networks as other frameworks export them, by scripts/exports/run.sh: from the bare files to the framework's own answers, with what
 * the quick start says of each.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { finished, start } from './command.ts'

const root = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const place = process.env['GRADCAM_EXPORTS'] ?? join(tmpdir(), 'gradcam-exports')
const there = existsSync(join(place, 'made'))
const photo = root('examples/photos/cat-chelsea.png')
const page = readFileSync(root('docs/quick-start.md'), 'utf8')

const frameworks = readdirSync(root('scripts/exports')).flatMap((file) => /^(\w+)_export\.py$/.exec(file)?.[1] ?? [])

/** What the page says of a framework: blocks of one language, in their order. */
function blocks(framework: string, language: string): string[] {
  const section = page.split(new RegExp(`^### (?=.*${framework})`, 'im'))[1]?.split(/^##+ /m)[0] ?? ''
  return Array.from(section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')), ([, text = '']) => text)
}

// 451×300 pixels in a letterbox of 640: 640×426, in the middle. Whole rows make the height a little larger in proportion than the width.
const onPhoto = (place: number, across: boolean): number => (across ? place / (640 / 451) : (place - (640 - 426) / 2) / (426 / 300))

const words = (line: string): string[] => line.trim().split(' ').slice(1)

interface Truth {
  model: string
  labels: string[]
  probabilities?: number[]
  score?: number
  index?: number
  box?: [x: number, y: number, width: number, height: number]
}

const truthOf = (framework: string): Truth => JSON.parse(readFileSync(join(place, 'truth', `${framework}.json`), 'utf8')) as Truth

test('the page shows all five', () => {
  expect(frameworks.toSorted()).toEqual(['keras', 'timm', 'torchvision', 'transformers', 'ultralytics'])
})

describe.each(frameworks)('%s', (framework) => {
  test('the Python of the page is that of the script, but for the line that loads your network', () => {
    const script = readFileSync(root(`scripts/exports/${framework}_export.py`), 'utf8').replaceAll(/\s+/g, '')
    const [code = ''] = blocks(framework, 'python')
    const lines = code.split('\n').filter((line) => line !== '' && !line.includes('# your network'))
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(script).toContain(line.replaceAll(/\s+/g, ''))
  })

  describe.skipIf(!there)(there ? 'its file' : 'its file: scripts/exports/run.sh has not made it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-exports-test-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    const [line = ''] = blocks(framework, 'sh')
    const asked = words(line).map((word) => (word === 'photo.jpg' ? photo : word === 'why.png' ? join(folder, word) : word))
    /** The options that say what the file does not. */
    const said = asked.slice(asked.indexOf('-m'), asked.indexOf('-o'))
    const run = (...args: string[]) => finished(start(args, place))

    test('inspect prints what the page shows', async () => {
      const { code, stdout } = await run('inspect', '-m', truthOf(framework).model)
      expect(code).toBe(0)
      // 2.15.0+cpu: which build it was is no matter
      expect(stdout.replace(/(\d)\+\w+/, '$1')).toBe(blocks(framework, 'text')[0])
    })

    test('the command of the page explains the photo', async () => {
      const { code, stderr } = await run(...asked, '--json', join(folder, 'why.json'))
      expect({ code, assumed: stderr.includes('assumed') }, stderr).toEqual({ code: 0, assumed: false })
      expect(existsSync(join(folder, 'why.png'))).toBe(true)
      const why = JSON.parse(readFileSync(join(folder, 'why.json'), 'utf8')) as { label: string; score: number; map: { max: number } }
      const { labels, probabilities = [], score = Math.max(...probabilities), index = probabilities.indexOf(score) } = truthOf(framework)
      expect(why.label).toContain(labels[index])
      expect(why.score).toBeCloseTo(score, 3)
      expect(why.map.max).toBe(1)
    })

    test('labels and probabilities are those of the framework', async () => {
      const { labels, probabilities, box, score } = truthOf(framework)
      const { code, stdout } = await run('predict', photo, ...said, '--json', '--top', String(labels.length))
      expect(code).toBe(0)
      const { top } = JSON.parse(stdout) as { top: { index: number; label: string; score: number; box?: number[] }[] }
      if (!probabilities) {
        expect(top[0]?.score).toBeCloseTo(score ?? Number.NaN, 3)
        const [x = 0, y = 0, width = 0, height = 0] = box ?? []
        const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        for (const [i, corner] of corners.entries()) expect(top[0]?.box?.[i]).toBeCloseTo(onPhoto(corner, i % 2 === 0), 1)
        return
      }
      expect(box).toBeUndefined()
      expect(top).toHaveLength(probabilities.length)
      for (const { index, label, score } of top) {
        expect(Math.abs(score - (probabilities[index] as number))).toBeLessThan(1e-3)
        // of ImageNet's classes ours have all names, "tench, Tinca tinca"; torchvision has one, with a word where two are alike: "crane bird"
        expect(label.split(', ').some((name) => labels[index]?.startsWith(name))).toBe(true)
      }
    })

    // random weights must tell, or equal answers would say nothing
    test('prepared otherwise, the answers are others', async () => {
      const { probabilities, labels, index = -1 } = truthOf(framework)
      if (!probabilities) {
        const { stdout } = await run('predict', photo, ...said, '--resize', 'squeeze', '--json')
        const [first] = (JSON.parse(stdout) as { top: { label: string }[] }).top
        expect(first?.label).not.toContain(labels[index])
        return
      }
      const otherwise = said.filter((word, i) => word !== '--preprocessing' && said[i - 1] !== '--preprocessing')
      const { stdout } = await run('predict', photo, ...otherwise, '--preprocessing', 'caffe', '--json', '--top', '1000')
      const { top } = JSON.parse(stdout) as { top: { index: number; score: number }[] }
      expect(Math.max(...top.map(({ index, score }) => Math.abs(score - (probabilities[index] as number))))).toBeGreaterThan(0.01)
    })
  })
})
