/** @file `gradcam gradient`: the gradient of any tensor of a network with respect to any other, from file to file. */
import { extname } from 'node:path'
import { readNpy, readTensorProto, type Tensor, writeNpy, writeTensorProto } from 'gradcam'
import { refuseOverwriting } from '../destinations.ts'
import { badOption } from '../errors.ts'
import { splitInput } from '../further.ts'
import type { GradientFlags } from '../flags/table.ts'
import { readNamed } from '../inputs.ts'
import { withNetwork } from '../network.ts'
import { prepareFile, writeWhole } from '../output.ts'
import { present } from '../present.ts'
import { printable } from '../printable.ts'
import { print } from '../terminal.ts'

const formats: Readonly<Record<string, { read: (bytes: Uint8Array) => Tensor; write: (tensor: Tensor, name: string) => Uint8Array }>> = {
  '.npy': { read: readNpy, write: writeNpy },
  '.pb': { read: readTensorProto, write: writeTensorProto },
}

function formatOf(path: string): (typeof formats)[string] {
  const format = formats[extname(path).toLowerCase()]
  if (format) return format
  throw badOption(`${path}: a tensor's file ends in .npy or .pb`, 'NumPy writes .npy with numpy.save; .pb is an ONNX TensorProto')
}

const readTensor = async (path: string): Promise<Tensor> => formatOf(path).read(await readNamed(path, 'bad-tensor', 'check the path'))

export async function gradient(flags: GradientFlags): Promise<void> {
  const { of, wrt, index, out } = flags
  if ((index === undefined) === (flags.seed === undefined)) {
    throw badOption('one of --index and --seed is needed', '--index I for one element of --of, --seed FILE for a weighted sum of all')
  }
  const files = flags.input.map(splitInput)
  const format = formatOf(out)
  const given = (file: string | undefined): string[] => (file === undefined ? [] : [file])
  refuseOverwriting([...files.map(([, file]) => file), ...given(flags.seed), ...given(flags.model)], [out])
  const inputs = Object.fromEntries(await Promise.all(files.map(async ([name, file]) => [name, await readTensor(file)] as const)))
  const [seed] = await Promise.all(given(flags.seed).map(readTensor))
  prepareFile(out)
  const options = present({ index: index?.length === 1 ? index[0] : index, seed, rules: flags.rules })
  const result = await withNetwork(flags, async (network) => network.gradient({ of, wrt, inputs, ...options }))
  writeWhole(out, format.write(result, `gradient of ${of} with respect to ${wrt}`))
  if (!flags.quiet) await print(`${printable(out)}: ${result.type} [${result.dims.join(', ')}]\n`)
}
