/** @file The command lines of README and quick start run as they stand, in a folder with the photos and models that they name. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeImage, readImage } from 'gradcam/node'
import { beforeAll, describe, expect, test } from 'vitest'
import { workplace } from './command.ts'

const root = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const { path, run } = workplace()

const photos = { 'photo.jpg': 'coffee.png', 'portrait.jpg': 'astronaut.png', 'face.jpg': 'astronaut.png' }
const shared = {
  detector: 'models/detection-fastestdet',
  segmentation: 'models/segmentation-pan',
  headpose: 'models/headpose-fsanet',
  'street.jpg': 'photos/dog-and-cat.png',
}
// the five exports have a test of their own
const prose = (page: string): string => readFileSync(root(page), 'utf8').replace(/^## Five exports[\s\S]*?(?=^## )/m, '')
const missing = Object.values(shared).filter((name) => !existsSync(root(`../shared/${name}`)))

beforeAll(async () => {
  cpSync(root('packages/models/embedded/onnx/model.onnx'), path('model.onnx'))
  const photo = async (name: string, from: string): Promise<void> =>
    writeFileSync(path(name), await encodeImage(await readImage(from), 'jpeg'))
  for (const [name, file] of Object.entries(photos)) await photo(name, root(`examples/photos/${file}`))
  for (const [name, from] of missing.length > 0 ? [] : Object.entries(shared)) {
    if (name.endsWith('.jpg')) await photo(name, root(`../shared/${from}`))
    else cpSync(root(`../shared/${from}`), path(name), { recursive: true })
  }
})

describe.each(['README.md', 'docs/quick-start.md'])('%s', (page) => {
  const commands = [
    ...prose(page).matchAll(/^(?:npx )?gradcam ((?:explain|predict|layers|replay|inspect|check-input) .*?)(?:\s+#.*)?$/gm),
  ].map(([, words = '']) => words)
  const needsShared = (line: string): boolean => Object.keys(shared).some((name) => line.includes(name))

  test('there are some', () => expect(commands.length).toBeGreaterThan(1))

  for (const line of commands) {
    test.skipIf(needsShared(line) && missing.length > 0)(`gradcam ${line}`, async () => {
      const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '')
      const { code, stderr } = await run(...words)
      const bare = line.includes('model.onnx') && !/^(?:layers|check-input)|--preprocessing/.test(line)
      const said = bare ? /^gradcam: warning: nothing says how photos are prepared .*\n {2}hint: .*\n$/ : /^$/
      expect(code, stderr).toBe(0)
      if (!needsShared(line)) expect(stderr).toMatch(said)
      for (const [, file = ''] of line.matchAll(/(?:-o|--report) (\S+)/g)) expect(existsSync(path(file)), file).toBe(true)
    })
  }
})
