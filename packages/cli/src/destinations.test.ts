/** @file Names of results, and files that are whole or absent. */
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { destinations } from './destinations.ts'
import { expandPhotos } from './inputs.ts'
import { jsonFile } from './json.ts'
import { endUnfinished, openDraft, writeWhole } from './output.ts'

const kind = { flag: '--output', suffix: '.gradcam.png', endings: ['.png', '.jpg'] }
let folder = ''
const at = (...names: string[]): string => join(folder, ...names)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradcam-places-'))
  await mkdir(at('album'))
  for (const name of ['b.jpg', 'a.PNG', 'a.gradcam.png', 'notes.txt', 'odd [1].png']) await writeFile(at('album', name), name)
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

test('a folder gives its pictures, sorted, without our own', async () => {
  expect((await expandPhotos([at('album')])).photos).toEqual([at('album', 'a.PNG'), at('album', 'b.jpg'), at('album', 'odd [1].png')])
})

test('a name with brackets is a file first, a pattern second', async () => {
  expect((await expandPhotos([at('album', 'odd [1].png')])).photos).toEqual([at('album', 'odd [1].png')])
})

test('nothing comes twice, and our own pictures only when named alone', async () => {
  const { photos } = await expandPhotos([at('album', '*.jpg'), at('album', 'b.jpg'), at('album', 'a.gradcam.png')])
  expect(photos).toEqual([at('album', 'b.jpg')])
  expect((await expandPhotos([at('album', 'a.gradcam.png')])).photos).toEqual([at('album', 'a.gradcam.png')])
})

test('equal names get numbers', async () => {
  expect(destinations(['x/a.jpg', 'y/a.png', 'y/A.png'], at('why'), kind)).toEqual(
    ['a.gradcam.png', 'a.gradcam-2.png', 'A.gradcam-3.png'].map((name) => at('why', name)),
  )
})

test('a photo is never replaced, by whatever name', async () => {
  await symlink(at('album', 'b.jpg'), at('alias.jpg'))
  expect(() => destinations([at('album', 'b.jpg')], at('alias.jpg'), kind)).toThrow(expect.objectContaining({ code: 'bad-option' }))
  expect(() => destinations([at('album', 'b.jpg')], at('why', '..', 'album', 'b.jpg'), kind)).toThrow(
    expect.objectContaining({ code: 'bad-option' }),
  )
})

test('writing through a link keeps the link', async () => {
  await writeFile(at('target.png'), 'old')
  await symlink(at('target.png'), at('link.png'))
  writeWhole(at('link.png'), 'new')
  expect(await readFile(at('target.png'), 'utf8')).toBe('new')
})

test('a file appears only when it is complete', async () => {
  await link(at('target.png'), at('kept.png'))
  const draft = openDraft(at('kept.png'))
  draft.write('half')
  expect(await readFile(at('kept.png'), 'utf8')).toBe('new')
  draft.discard()
  const stopped = openDraft(at('stopped.png'))
  stopped.write('half')
  endUnfinished()
  expect((await readdir(folder)).sort()).toEqual(['album', 'alias.jpg', 'kept.png', 'link.png', 'target.png', 'why'])
})

test('JSON keeps its results when the command is stopped, as a whole document; without any there is no file', async () => {
  const [kept, none] = [jsonFile(at('results.json'), true), jsonFile(at('none.jsonl'), true)]
  for (const n of [1, 2, 3]) await kept.write({ n })
  endUnfinished()
  expect(JSON.parse(await readFile(at('results.json'), 'utf8'))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  expect(none).toBeDefined()
  expect((await readdir(folder)).filter((name) => /none|tmp/.test(name))).toEqual([])
})

test('a folder that cannot be made is refused at once', { timeout: 5000 }, () => {
  expect(() => destinations(['a.jpg'], '/proc/gradcam/deep/x.png', kind)).toThrow(expect.objectContaining({ code: 'cannot-write' }))
  expect(() => destinations(['a.jpg', 'b.jpg'], '/proc/gradcam', kind)).toThrow(expect.objectContaining({ code: 'cannot-write' }))
})

test('a place that cannot be written is refused', async () => {
  expect(() => writeWhole(at('target.png', 'x.png'), '')).toThrow(expect.objectContaining({ code: 'cannot-write' }))
  expect(() => destinations(['a.jpg'], at('target.png', 'x.png'), kind)).toThrow(expect.objectContaining({ code: 'cannot-write' }))
})
