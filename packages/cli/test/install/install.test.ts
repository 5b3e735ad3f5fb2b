/** @file The packages as npm gives them to others: packed, installed into empty folders, used as the README says. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { workplace } from '../command.ts'
import { npm, ownCache, root, run } from './npm.ts'
import { type Registry, serveWorkspace } from './registry.ts'

const { path, folder } = workplace()
const own = 'packages/gradcam/README.md'

interface Manifest {
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
  peerDependencies: Record<string, string>
}
const manifest = JSON.parse(readFileSync(join(root, 'packages/gradcam/package.json'), 'utf8')) as Manifest
const newest = manifest.devDependencies['onnxruntime-node'] ?? ''

/** Each optional package at the lowest version of its range, `>=1.2.3 <2`. */
const oldest = Object.entries({ ...manifest.optionalDependencies, ...manifest.peerDependencies })
  .filter(([name]) => name !== 'onnxruntime-web')
  .map(([name, range]) => `${name}@${/^>=(\S+)/.exec(range)?.[1]}`)

/** The first piece of TypeScript in a README. */
const codeOf = (readme: string): string => /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, readme), 'utf8'))?.[1] ?? ''

/** The same code for `require`. */
const required = (code: string): string =>
  `${code.replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)').replace(/\n\n/, '\n\n;(async () => {\n')}\n})()\n`

const reached = (await npm(root, ['view', 'picocolors@1.1.1', 'version', '--prefer-online'])).code === 0
if (!reached) console.warn('the npm registry cannot be reached: installing the packages is not tested')

/** A folder with the photo and the models that the READMEs name. */
function emptyProject(name: string): string {
  const at = path(name)
  cpSync(join(root, 'packages/models/embedded'), join(at, 'googlenet'), { recursive: true })
  cpSync(join(root, 'packages/models/embedded/onnx/model.onnx'), join(at, 'model.onnx'))
  cpSync(join(root, 'examples/photos/coffee.png'), join(at, 'photo.jpg'))
  writeFileSync(join(at, 'package.json'), '{ "private": true }')
  return at
}

describe.skipIf(!reached)('installed from a registry', () => {
  let registry: Registry
  let settings: Record<string, string>

  beforeAll(async () => {
    mkdirSync(path('packed'))
    registry = await serveWorkspace(path('packed'))
    settings = { ...(await ownCache(folder)), npm_config_registry: registry.url, npm_config_replace_registry_host: 'never' }
  })

  test('a package holds its README, its licence and what was built from the sources, and nothing else', () => {
    for (const { name, files } of registry.packed) {
      const paths = files.map((file) => file.path)
      expect(paths, name).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']))
      expect(
        paths.filter(
          (file) =>
            !/^(?:README\.md|LICENSE|package\.json|bin\/gradcam\.js|bundle\/(?:LICENSES\.txt|(?:core|node\/worker|(?:(?:node|web)\/)?index)\.js)|dist\/.*\.(?:js|d\.ts)|embedded\/.*)$/.test(
              file,
            ),
        ),
        name,
      ).toEqual([])
      const source = join(root, 'packages', name.replace(/^gradcam-/, ''), 'src')
      const stale = paths.filter(
        (file) => file.startsWith('dist/') && !existsSync(join(source, file.slice(5).replace(/(?:\.d)?\.[jt]s$/, '.ts'))),
      )
      expect(stale, name).toEqual([])
    }
  })

  describe.each([
    { name: 'newest', packages: [`onnxruntime-node@${newest}`], readmes: ['README.md', own], resolutions: ['nodenext', 'bundler'] },
    { name: 'oldest', packages: oldest, readmes: [own], resolutions: ['nodenext'] },
  ])('with the $name ONNX Runtime', ({ name, packages, readmes, resolutions }) => {
    let at: string
    beforeAll(async () => {
      at = emptyProject(name)
      const { code, stderr } = await npm(at, ['install', 'gradcam', ...packages], settings)
      expect({ code, stderr }).toMatchObject({ code: 0 })
    })

    test.each(readmes)('the code of %s runs as a module and by require', async (readme) => {
      for (const [file, code] of [
        ['app.mjs', codeOf(readme)],
        ['app.cjs', required(codeOf(readme))],
      ] as const) {
        writeFileSync(join(at, file), code)
        const { code: exit, stderr } = await run(process.execPath, at, [file])
        expect({ exit, stderr }).toMatchObject({ exit: 0 })
        expect(existsSync(join(at, 'why.png'))).toBe(true)
        rmSync(join(at, 'why.png'))
      }
    })

    test.each(resolutions)('strict TypeScript finds no fault in the types, resolved as by %s', async (resolution) => {
      const options = {
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true },
        ...{ target: 'es2023', module: resolution === 'nodenext' ? 'nodenext' : 'esnext', moduleResolution: resolution, types: ['node'] },
      }
      mkdirSync(join(at, 'node_modules/@types'), { recursive: true })
      for (const name of ['@types/node', 'undici-types']) linkFromWorkspace(at, name)
      writeFileSync(join(at, 'app.mts'), `import 'gradcam'\n${codeOf('README.md')}`)
      writeFileSync(join(at, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.mts'] }))
      const { code, stdout } = await run(process.execPath, at, [join(root, 'node_modules/typescript/bin/tsc')])
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    })
  })

  test('npx gradcam explains a photo', async () => {
    const at = emptyProject('npx')
    const { code, stderr } = await run('npx', at, ['--yes', 'gradcam', 'explain', 'photo.jpg', '-o', 'why.png'], settings)
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/npx fetches the command, gradcam-cli@\S+, on its first use/),
    })
    expect(existsSync(join(at, 'why.png'))).toBe(true)
  })

  test('without npx the library says where the command is', async () => {
    const at = path('newest')
    const { code, stderr } = await run(process.execPath, at, ['node_modules/gradcam/bin/gradcam.js'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm install gradcam-cli') })
  })
})

function linkFromWorkspace(at: string, name: string): void {
  const target = join(at, 'node_modules', name)
  if (!existsSync(target)) symlinkSync(join(root, 'node_modules', name), target, 'junction')
}
