/** @file The command lines of the README run as they stand, in a folder with a photo and a model. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeImage, readImage } from 'gradcam/node'
import { beforeAll, expect, test } from 'vitest'
import { workplace } from './command.ts'

const root = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const { path, run } = workplace()

const commands = [...readFileSync(root('README.md'), 'utf8').matchAll(/^npx gradcam (.*?)(?:\s+#.*)?$/gm)].map(([, words = '']) => words)

beforeAll(async () => {
  cpSync(root('packages/models/embedded/onnx/model.onnx'), path('model.onnx'))
  writeFileSync(path('photo.jpg'), await encodeImage(await readImage(root('examples/photos/coffee.png')), 'jpeg'))
})

test('there are some', () => expect(commands.length).toBeGreaterThan(1))

test.each(commands)('gradcam %s', async (line) => {
  const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '')
  const { code, stderr } = await run(...words)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const [, file = ''] of line.matchAll(/(?:-o|--report) (\S+)/g)) expect(existsSync(path(file)), file).toBe(true)
})
