/** @file A stamp for the answers about a framework's networks: it changes whenever an answer could. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The built command, and what asks it: of the builders only the framework's own.
 *
 * @param {string} root of the repository
 * @param {string} here this folder
 * @returns {Promise<(name: string) => string>} the stamp for framework/network
 */
export async function stamps(root, here) {
  const common = createHash('sha256')
  const builders = /^build_.*\.py$/
  const scripts = join(root, 'scripts')
  const folders = ['packages/gradcam/dist', 'packages/cli/dist'].map((folder) => join(root, folder))
  for (const folder of [...folders, join(scripts, 'patch-test'), join(here, 'python')]) {
    const files = (await readdir(folder, { recursive: true })).filter((name) => /\.(js|mjs|py|txt)$/.test(name) && !builders.test(name))
    for (const file of files.sort()) common.update(file).update(await readFile(join(folder, file)))
  }
  common.update(await readFile(join(scripts, 'patch-test.mjs')))
  const own = new Map()
  for (const file of (await readdir(join(here, 'python'))).filter((name) => builders.test(name)))
    own.set(file.slice('build_'.length, -'.py'.length), await readFile(join(here, 'python', file)))
  return (name) => {
    const framework = name.split('/')[0] ?? ''
    return common
      .copy()
      .update(own.get(framework) ?? '')
      .digest('hex')
      .slice(0, 16)
  }
}
