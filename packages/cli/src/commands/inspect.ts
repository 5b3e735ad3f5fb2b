/** @file `gradcam inspect`: what a network takes and gives, where each of these facts comes from, and what is only assumed. */
import { type Contract, describeSteps, describeWindow, type Fact, type Verification, valuesText } from 'gradcam'
import { badOption } from '../errors.ts'
import type { InspectFlags } from '../flags/table.ts'
import { inFlags } from '../flags/names.ts'
import { messageText } from '../messages.ts'
import { withNetwork } from '../network.ts'
import { printable, printableJson, shortened } from '../printable.ts'
import { table } from '../table.ts'
import { colors, print, tell } from '../terminal.ts'

export async function inspect(flags: InspectFlags): Promise<void> {
  if (flags.write && flags.model === undefined)
    throw badOption('--write keeps what is said of a network of your own', 'name it with --model <folder|file>')
  const { contract, verification, written } = await withNetwork(flags, async (network) => ({
    contract: await network.inspect({ probe: flags.probe }),
    verification: flags.verify === undefined ? undefined : await network.verify(flags.verify),
    written: flags.write ? await network.saveSettings() : undefined,
  }))
  await print(
    flags.json ? `${printableJson({ ...contract, ...(verification && { verification }) }, 2)}\n` : contractText(contract, verification),
  )
  if (flags.quiet) return
  if (!flags.json) for (const warning of contract.warnings) tell(messageText({ ...warning, message: `warning: ${warning.message}` }))
  if (verification && !verification.agrees) tell(messageText({ message: `warning: ${verification.verdict}`, hint: otherRuntime }))
  if (written !== undefined) tell(`wrote ${printable(written, longestPath)}\n`)
}

const otherRuntime = 'explanations of this network may be wrong: try another version of ONNX Runtime, or --engine wasm'
const longestPath = 4000
// wider columns leave no room for the others
const longestName = 32

const shapeText = (shape: readonly (number | string)[] | undefined): string =>
  shape ? `[${shape.map((dim) => (dim === '' ? '?' : shortened(String(dim), 16))).join(', ')}]` : '[?]'

/** What, which, value, where it is known from. */
type Row = readonly [string, string, string, string]

/** A row for every fact. */
function contractText(contract: Contract, verification: Verification | undefined): string {
  const facts = [...modelRows(contract), ...inputRows(contract), ...photoRows(contract), ...answerRows(contract)]
  const rows = [...facts, ...(verification ? verifiedRows(verification) : [])]
  const [head = '', ...rest] = table([['', '', '', 'known from'], ...rows]).split('\n')
  return [colors(process.stdout).dim(head), ...rest].join('\n')
}

// long names of nodes stand whole in the JSON
const narrow = (text: string): string =>
  text
    .split(' ')
    .map((word) => shortened(word, longestName))
    .join(' ')

/** Source and evidence of a fact, and what else it could be. */
function sourceOf<T>({ source, from, otherwise }: Fact<T>, text: (value: T) => string = String): string {
  const others = otherwise ? `; or ${otherwise.map(text).join(', ')}` : ''
  return narrow(`${source}: ${inFlags(from)}${others}`)
}

const modelRows = ({ model, producer, opset, task }: Contract): Row[] => [
  ['model', shortened(model, longestName), [producer, `opset ${opset}`].filter(Boolean).join(', '), ''],
  ['', 'task', task.value ?? 'unknown', sourceOf(task)],
]

function inputRows({ inputs, imageInput }: Contract): Row[] {
  return inputs.flatMap(({ name, type, shape, role, image }): Row[] => {
    const photo = imageInput?.value === name ? ', the photo' : ''
    return [
      ['input', shortened(name, longestName), `${type ?? '?'} ${shapeText(shape)}`, ''],
      ['', 'takes', `${role.value}${photo}`, sourceOf(role)],
      ...(image
        ? [
            ['', 'layout', image.layout.value.toUpperCase(), sourceOf(image.layout)] as const,
            ['', 'channels', String(image.channels.value), sourceOf(image.channels)] as const,
          ]
        : []),
    ]
  })
}

function photoRows({ preparation, inGraph }: Contract): Row[] {
  const graph: Row[] = inGraph.length > 0 ? [['graph', 'prepares by itself', inGraph.join(', '), '']] : []
  if (!preparation) return graph
  const { window, steps, values, channelOrder } = preparation
  return [
    ...(window ? [['photo', 'levels', describeWindow(window.value), sourceOf(window, describeWindow)] as const] : []),
    ['photo', 'size', describeSteps(steps.value), sourceOf(steps, describeSteps)],
    ['', 'values', valuesText(values.value), sourceOf(values, valuesText)],
    ['', 'channels', channelOrder.value, sourceOf(channelOrder)],
    ...graph,
  ]
}

const answers = {
  class: 'the best class',
  places: 'the class of most places',
  box: 'the best box',
  ask: 'nothing by itself: name a target',
} as const

function answerRows({ labels, outputs, answer }: Contract): Row[] {
  const names = labels.value
  const shown = names.slice(0, 3).map((name) => shortened(name, longestName))
  const text = `${shown.join(', ')}${names.length > 3 ? ', …' : ''}`
  return [
    ['labels', String(names.length || 'none'), text, sourceOf(labels, ({ length }) => `${length} others`)],
    ...outputs.flatMap(({ name, type, shape, kind, classes }): Row[] => [
      ['output', shortened(name, longestName), `${type ?? '?'} ${shapeText(shape)}`, ''],
      ['', 'gives', `${kind.value}${classes ? ` of ${classes.count} classes on axis ${classes.axis}` : ''}`, sourceOf(kind)],
    ]),
    ['answer', '', answers[answer.value], sourceOf(answer, (value) => answers[value])],
  ]
}

const verifiedRows = ({ outputs, runtime }: Verification): Row[] =>
  outputs.map(({ name, difference, largest, agrees }, i) => {
    const off = `off by ${difference.toPrecision(2)} of ${largest.toPrecision(2)}`
    return [
      i === 0 ? 'verified' : '',
      shortened(name, longestName),
      agrees ? `the same without optimisation (${off})` : `differs: ${off}`,
      runtime,
    ]
  })
