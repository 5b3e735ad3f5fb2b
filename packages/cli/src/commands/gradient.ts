/** @file `gradcam gradient`: the gradient of any tensor of a network with respect to any other, from file to file. */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Tensor } from 'gradcam'
import { refuseOverwriting } from '../destinations.ts'
import { refuse } from '../errors.ts'
import type { GradientFlags } from '../flags/table.ts'
import { withNetwork } from '../network.ts'
import { prepareFile, writeWhole } from '../output.ts'
import { present } from '../present.ts'
import { printable } from '../printable.ts'
import { print } from '../terminal.ts'

function formatOf(path: string): 'npy' | 'pb' {
  const ending = extname(path).toLowerCase()
  if (ending === '.npy') return 'npy'
  if (ending === '.pb') return 'pb'
  throw refuse(
    'bad-option',
    `${path}: a tensor's file ends in .npy or .pb`,
    'NumPy writes .npy with numpy.save; .pb is an ONNX TensorProto',
  )
}

async function readTensor(path: string): Promise<Tensor> {
  const format = formatOf(path)
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw refuse('bad-tensor', `cannot read ${path}`, 'check the path', { cause })
  })
  const { readNpy, readTensorProto } = await import('gradcam')
  return format === 'npy' ? readNpy(bytes) : readTensorProto(bytes)
}

/** NAME=FILE; the name may hold `=` itself, as names of tensors do. */
function splitInput(text: string): [string, string] {
  const at = text.lastIndexOf('=')
  if (at < 1) throw refuse('bad-option', `--input ${text}: NAME=FILE is expected`, "NAME is the name of one of the model's inputs")
  return [text.slice(0, at), text.slice(at + 1)]
}

export async function gradient(flags: GradientFlags): Promise<void> {
  const { of, wrt, index, out } = flags
  if ((index === undefined) === (flags.seed === undefined)) {
    throw refuse(
      'bad-option',
      'one of --index and --seed is needed',
      '--index I for one element of --of, --seed FILE for a weighted sum of all',
    )
  }
  const { ruleTable } = await import('gradcam')
  const rules = flags.rules === undefined ? undefined : ruleTable(flags.rules)
  const files = flags.input.map(splitInput)
  const format = formatOf(out)
  const seedFile = flags.seed === undefined ? [] : [flags.seed]
  const modelFile = flags.model === undefined ? [] : [flags.model]
  refuseOverwriting([...files.map(([, file]) => file), ...seedFile, ...modelFile], [out])
  const inputs = Object.fromEntries(await Promise.all(files.map(async ([name, file]) => [name, await readTensor(file)] as const)))
  const [seed] = await Promise.all(seedFile.map(readTensor))
  prepareFile(out)
  const options = present({ index: index?.length === 1 ? index[0] : index, seed, rules })
  const result = await withNetwork(flags, async (network) => network.gradient({ of, wrt, inputs, ...options }))
  const { writeNpy, writeTensorProto } = await import('gradcam')
  writeWhole(out, format === 'npy' ? writeNpy(result) : writeTensorProto(result, `gradient of ${of} with respect to ${wrt}`))
  if (!flags.quiet) await print(`${printable(out)}: ${result.type} [${result.dims.join(', ')}]\n`)
}
