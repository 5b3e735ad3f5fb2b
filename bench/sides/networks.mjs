/** @file The networks that sides run: files in the user's cache, written once by Python; without one, those that can be built here. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, environment, run } from '../../scripts/python.mjs'
import { mobilenetV2, resnet50 } from '../networks.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Those of the table. */
export const tableNames = ['GoogLeNet', 'ResNet-50', 'MobileNetV2', 'ViT-B/16']
/** Those whose first explanation is measured. */
export const firstNames = ['ViT-B/16', 'swin_t', 'vgg16', 'CoaT']

/** @returns {Promise<string>} a Python with the packages, made where it is missing */
export const peersPython = () => environment(here, { name: 'peers-python', variable: 'GRADCAM_PEERS_PYTHON' })

/** @param {string} folder @param {string} name */
const fileOf = (folder, name) => join(folder, `${name.replace('/', '-')}.onnx`)

/**
 * Files by name: of networks.py, as PyTorch exports them.
 *
 * @param {string} python
 */
export function exportedNetworks(python) {
  const hash = createHash('sha256')
  for (const each of ['networks.py', 'export.py', 'requirements.txt']) hash.update(readFileSync(join(here, each)))
  const folder = join(cacheFolder, 'peers-networks', hash.digest('hex').slice(0, 16))
  mkdirSync(folder, { recursive: true })
  const names = new Set([...tableNames, ...firstNames])
  if ([...names].some((name) => !existsSync(fileOf(folder, name)))) run(python, '-B', '-W', 'ignore', join(here, 'export.py'), folder)
  return new Map([...names].map((name) => [name, fileOf(folder, name)]))
}

/** Files by name of what needs no Python, random weights of their own. @param {string} folder @param {string} shared */
export function builtNetworks(folder, shared) {
  const files = new Map()
  for (const [name, build] of Object.entries({ 'ResNet-50': resnet50, MobileNetV2: mobilenetV2 })) {
    writeFileSync(fileOf(folder, name), build())
    files.set(name, fileOf(folder, name))
  }
  const googlenet = join(shared, 'models/googlenet/onnx/model.onnx')
  if (existsSync(googlenet)) files.set('GoogLeNet', googlenet)
  return files
}
