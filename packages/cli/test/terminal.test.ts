/** @file The command in a terminal: progress below the results, nothing obeyed that a file's name or a label says, lines that fit. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { embedded } from 'gradcam-models'
import { describe, expect, test } from 'vitest'
import { workplace } from './command.ts'
import { onTerminal, screenOf, terminals } from './screen.ts'

const { folder, path, run } = workplace()

/** The embedded network with one label changed. */
function relabelled(name: string, index: number, label: string): string {
  cpSync(embedded.directory, path(name), { recursive: true })
  const config = JSON.parse(readFileSync(join(embedded.directory, 'config.json'), 'utf8')) as { id2label: Record<string, string> }
  config.id2label[index] = label
  writeFileSync(path(name, 'config.json'), JSON.stringify(config))
  return name
}

/** The class of coffee.png. */
async function best(): Promise<number> {
  const { top } = JSON.parse((await run('predict', 'coffee.png', '--json')).stdout) as { top: { index: number }[] }
  return top[0]?.index as number
}

describe.skipIf(!terminals)('on a terminal', () => {
  test('several photos: the bar stays below the results, every one of which is whole', () => {
    mkdirSync(path('many'))
    for (let i = 0; i < 12; i++) copyFileSync(path('coffee.png'), path('many', `a photo with quite a long name, number ${i}.png`))
    const output = onTerminal(folder, 50, 'explain', 'many', '-o', 'why/')
    expect(output).toContain('█')
    const screen = screenOf(output, 50).join('\n').replaceAll('\n', '')
    for (let i = 0; i < 12; i++) expect(screen).toContain(`number ${i}.gradcam.png`)
    expect(screen).not.toMatch(/[█░]/)
    expect(screen).toMatch(/12 explained$/)
  })

  test('tables fit, with all their words', async () => {
    for (const command of ['layers', 'methods']) {
      const lines = screenOf(onTerminal(folder, 100, command), 100)
      const { stdout } = await run(command)
      expect(lines.length).toBeGreaterThanOrEqual(stdout.split('\n').length)
      const words = (text: string): string[] => text.split(/\s+/).sort()
      expect(words(lines.join('\n'))).toEqual(words(stdout))
    }
  })

  test('a file to stdout is refused', () => {
    expect(onTerminal(folder, 100, 'explain', 'coffee.png', '-o', '-')).toContain('would fill the terminal')
  })
})

test('what a label or the name of a file would make a terminal do is shown, not done', async () => {
  const nasty = 'evil\x1b[2J\u009b31m\u202egnp.\n2 explained'
  const name = `${nasty.replaceAll('\n', ' ')}.png`
  copyFileSync(path('coffee.png'), path(name))
  const model = relabelled('nasty', await best(), nasty)
  const calls = [
    ['explain', name, '-m', model],
    ['explain', name, 'coffee.png', '-m', model, '-o', 'x/'],
    ['explain', name, '-m', model, '--json'],
    ['predict', name, 'coffee.png', '-m', model],
    ['explain', `no ${name}`],
    ['explain', 'coffee.png', '-t', nasty, '--debug'],
    ['explain', 'coffee.png', '--method', nasty],
  ]
  for (const args of calls) {
    const { stdout, stderr } = await run(...args)
    expect(stdout + stderr, args.join(' ')).toContain('evil')
    expect(stdout + stderr, args.join(' ')).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
    // the stack of an error has lines
    if (!args.includes('--debug')) expect(stdout + stderr, args.join(' ')).not.toMatch(/^2 explained.+$/m)
  }
})

test('a label of a megabyte is shortened', async () => {
  const model = relabelled('long', await best(), 'x'.repeat(1_000_000))
  for (const args of [['explain'], ['predict'], ['explain', '-t', 'top-2', '--method', 'grad-cam,saliency']]) {
    const { code, stdout } = await run(...args, 'coffee.png', '-m', model)
    expect([code, stdout.length < 2000]).toEqual([0, true])
  }
  const { stderr } = await run('explain', 'coffee.png', '-m', model, '-t', `y${'x'.repeat(1_000_000).slice(0, 100_000)}`)
  expect(stderr.length).toBeLessThan(5000)
})
