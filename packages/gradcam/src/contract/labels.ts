/** @file What the classes are called: every place that says so, the strongest taken, and what contradicts it said. */
import { badOption, type Warning, warn } from '../core/errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { Fact } from './fact.ts'
import { labelsOfConfig } from './labels/config.ts'
import { labelsOfGraph } from './labels/graph.ts'
import { maxLabels } from './labels/listed.ts'
import { labelsOfMetadata } from './labels/metadata.ts'
import { isPlaceholder, type LabelSource } from './labels/source.ts'
import { parseLabels } from './labels/text.ts'

/** Names of files beside a model that hold labels, the likeliest first. */
export const labelFiles: readonly string[] = [
  ...['labels.txt', 'label.txt', 'classes.txt', 'class_names.txt', 'class_labels.txt', 'names.txt', 'categories.txt'],
  ...['obj.names', 'coco.names', 'labels.json', 'label_map.json', 'classes.json', 'class_names.json', 'class_index.json', 'id2label.json'],
  ...['imagenet_class_index.json', 'imagenet_classes.txt', 'imagenet_labels.txt', 'ImageNetLabels.txt', 'imagenet1000.txt'],
  ...['synset_words.txt', 'synset.txt'],
]

/** Everything that may name classes. */
export interface LabelPlaces {
  /** The user's own. */
  given?: readonly string[] | undefined
  /** Key and value pairs of the ONNX file. */
  metadata: readonly { key: string; value: string }[]
  /** Fields of config.json. */
  config: Readonly<Record<string, unknown>> | undefined
  graph: Graph
  /** Files beside the model. */
  files: readonly { name: string; text: string }[]
}

/** What the classes are called, one label for each, and what does not fit. */
export interface KnownLabels {
  labels: Fact<readonly string[]>
  warnings: readonly Warning[]
}

/**
 * The labels of a model. The user's word is final; else the strongest place that names classes is taken, and the others are compared.
 *
 * @throws GradcamError `bad-option` for `labels` that are none, `model-invalid` for a config.json whose labels are none
 */
export function knownLabels({ given, metadata, config, graph, files }: LabelPlaces): KnownLabels {
  if (given !== undefined) return { labels: { value: checked(given), source: 'given', from: '`labels`' }, warnings: [] }
  const sources = [...labelsOfMetadata(metadata), ...labelsOfConfig(config ?? {}), ...labelsOfGraph(graph), ...files.map(ofFile)]
  const naming = sources.filter(({ labels }) => labels.length > 0)
  const taken = naming.find(({ labels }) => !isPlaceholder(labels)) ?? naming[0]
  const value = taken?.labels ?? []
  const others = naming.filter(({ labels }) => labels !== value && !isPlaceholder(labels))
  const otherwise = others.filter((other) => differs(value, other.labels)).map(({ labels }) => labels)
  return {
    labels: {
      ...(taken ? { value, source: taken.source, from: taken.from } : { value, source: 'assumed', from: 'nothing names the classes' }),
      ...(otherwise.length > 0 ? { otherwise } : {}),
    },
    warnings: sources.flatMap((each) => (each === taken ? [] : contradiction(taken, each))),
  }
}

function checked(labels: readonly string[]): readonly string[] {
  if (!Array.isArray(labels) || labels.length > maxLabels || !labels.every((label) => typeof label === 'string'))
    throw badOption('`labels` is no list of labels', `give a list of at most ${maxLabels} texts, one for each class`)
  return labels
}

function ofFile({ name, text }: { name: string; text: string }): LabelSource {
  const from = /[^/\\]*$/.exec(name)?.[0] ?? name
  try {
    return { source: 'convention', from, labels: parseLabels(text, from) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { source: 'convention', from, labels: [], fault: message.replace(`${from} `, '') }
  }
}

/** What another place says that does not go with what is taken. */
function contradiction(taken: LabelSource | undefined, other: LabelSource): Warning[] {
  const hint = taken ? `${taken.from} is taken; give \`labels\` to say otherwise` : 'give `labels`, one for each class'
  if (other.fault !== undefined) return warn('labels-unread', `${other.from} ${other.fault}`, hint)
  if (!taken) return []
  const [ours, theirs] = [taken.labels.length, other.count ?? other.labels.length]
  if (ours !== theirs)
    return warn('labels-contradict', `${taken.from} has ${ours} labels, ${other.from} ${other.count ? 'says' : 'has'} ${theirs}`, hint)
  if (other.count !== undefined || isPlaceholder(other.labels)) return []
  const at = taken.labels.flatMap((label, index) => (agree(label, other.labels[index] as string) ? [] : [index]))
  const [first] = at
  if (first === undefined) return []
  const [mine, its] = [taken.labels[first] as string, other.labels[first] as string].map((label) => JSON.stringify(label.slice(0, 60)))
  return warn(
    'labels-contradict',
    `${taken.from} and ${other.from} disagree about ${at.length} of ${ours} classes: class ${first} is ${mine} and ${its}`,
    hint,
  )
}

const differs = (a: readonly string[], b: readonly string[]): boolean =>
  a.length !== b.length || a.some((label, index) => !agree(label, b[index] as string))

const names = (label: string): string[] => label.split(',').map((name) => name.normalize('NFKC').toLowerCase().replaceAll('_', ' ').trim())

/** Whether two labels may mean the same class: they share a name. */
function agree(a: string, b: string): boolean {
  if (a === b) return true
  const known = names(b)
  return names(a).some((name) => known.includes(name))
}
