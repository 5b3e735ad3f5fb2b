/** @file Bad input: one clear line and a hint on stderr, 2 for a wrong call and 1 for a failure, no stack, no file left behind. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { embedded } from 'gradcam-models'
import { describe, expect, test } from 'vitest'
import { workplace } from './command.ts'
import { flatModel } from './flat-model.ts'

const { folder, path, run } = workplace()
const model = readFileSync(join(embedded.directory, 'onnx', 'model.onnx'))

mkdirSync(path('empty'))
mkdirSync(path('album.json'))
writeFileSync(path('truncated.onnx'), model.subarray(0, model.length / 2))
writeFileSync(path('text.onnx'), 'this is no protobuf')
writeFileSync(path('zero.onnx'), '')
writeFileSync(path('page.onnx'), '<!DOCTYPE html><html><body>404 Not Found</body></html>')
writeFileSync(path('flat.onnx'), flatModel())
writeFileSync(path('zero.jpg'), '')
writeFileSync(path('text.jpg'), 'no picture')
writeFileSync(path('half.png'), readFileSync(path('coffee.png')).subarray(0, 1000))
writeFileSync(path('half.npy'), '\x93NUMPY', 'latin1')

/** Arguments, exit code, and what the message or the hint must say. */
const cases: Record<string, [args: string[], code: number, says: RegExp]> = {
  'a missing model': [['coffee.png', '-m', 'absent.onnx'], 1, /absent\.onnx/],
  'a missing model folder': [['coffee.png', '-m', 'absent'], 1, /absent/],
  'a folder without a model': [['coffee.png', '-m', 'empty'], 1, /empty/],
  'a truncated model': [['coffee.png', '-m', 'truncated.onnx'], 1, /truncated\.onnx/],
  'a model that is no protobuf': [['coffee.png', '-m', 'text.onnx'], 1, /text\.onnx/],
  'an empty model': [['coffee.png', '-m', 'zero.onnx'], 1, /zero\.onnx/],
  'a web page saved as a model': [['coffee.png', '-m', 'page.onnx'], 1, /HTML|web page/i],
  'a model without spatial features': [['coffee.png', '-m', 'flat.onnx'], 1, /feature/],
  'an unknown label': [['coffee.png', '-t', 'espreso'], 2, /espresso/],
  'an ambiguous label': [['coffee.png', '-t', 'retriever'], 2, /golden retriever[^]*Labrador retriever/],
  'an index beyond the classes': [['coffee.png', '-t', '1000'], 2, /1000/],
  'an unknown feature layer': [['coffee.png', '--feature-layer', 'head/outptu'], 2, /head\/output/],
  'an unknown reduction layer': [['coffee.png', '--reduction-layer', 'logit'], 2, /logits/],
  'an unknown method': [['coffee.png', '--method', 'gradcam'], 2, /grad-cam/],
  'an unknown activation': [['coffee.png', '--activation', 'gelu'], 2, /relu/],
  'an unknown colour map': [['coffee.png', '--colormap', 'jett'], 2, /jet/],
  'alpha out of range': [['coffee.png', '--alpha', '1.5'], 2, /0 to 1/],
  'a missing photo': [['absent.png'], 1, /absent\.png/],
  'a zero-byte photo': [['zero.jpg'], 1, /zero\.jpg/],
  'a photo that is none': [['text.jpg'], 1, /text\.jpg/],
  'half a photo': [['half.png'], 1, /half\.png/],
  'half a tensor': [['half.npy'], 1, /half\.npy/],
  'a photo over the limit of pixels': [['coffee.png', '--max-pixels', '1000'], 1, /max-?pixels/i],
  'a folder without pictures': [['empty'], 1, /empty/],
  'a glob without pictures': [['*.tiff'], 1, /\*\.tiff/],
  'no photo': [[], 2, /photo/],
  'an output inside a file': [['coffee.png', '-o', 'zero.jpg/why.png'], 1, /cannot write/],
  'a map inside a file': [['coffee.png', '--save-map', 'zero.jpg/m.npy'], 1, /cannot write/],
  'a JSON file that is a folder': [['coffee.png', '--json', 'album.json'], 1, /cannot write/],
  'an output that is the photo': [['coffee.png', '-o', './coffee.png'], 2, /overwritten/],
  'an unknown picture format': [['coffee.png', '-o', 'why.bmp'], 2, /\.webp/],
  'one file for several photos': [['coffee.png', 'absent.png', '-o', 'why.png'], 2, /folder/],
  'an unknown option': [['coffee.png', '--modle', 'x'], 2, /--model/],
}

describe('gradcam explain', () => {
  const before = readdirSync(folder).sort()
  test.each(Object.entries(cases))('%s', async (_, [args, code, says]) => {
    const result = await run('explain', ...args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(/^gradcam: .+\n {2}hint: .+\n$/)
    expect(result.stderr).toMatch(says)
    expect(readdirSync(folder).sort()).toEqual(before)
  })
})

test('an unwritable output is found out before the model is opened', async () => {
  expect((await run('explain', 'coffee.png', '-m', 'absent.onnx', '-o', 'zero.jpg/why.png')).stderr).toContain('cannot write')
})

test('what is wrong with the request is said once, not once a photo', async () => {
  const { code, stderr } = await run('explain', 'coffee.png', 'half.png', '-t', 'espreso')
  expect(code).toBe(2)
  expect(stderr.match(/gradcam:/g)).toHaveLength(1)
})

test('an unknown command', async () => {
  const stderr = "gradcam: unknown command 'explian'\n  hint: did you mean explain?\n"
  expect(await run('explian', 'coffee.png')).toEqual({ code: 2, stdout: '', stderr })
})

test('--debug adds the stack, before and after the command', async () => {
  expect((await run('--debug', 'explain', 'absent.png')).stderr).toContain('    at ')
  expect((await run('explain', 'absent.png', '--debug')).stderr).toContain('    at ')
})
