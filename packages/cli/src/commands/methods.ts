/** @file `gradcam methods`: the library's table of methods, and one method with its options. */
import type { Family, Method, OptionSpec } from 'gradcam'
import { dashed, type GlobalFlags } from '../options.ts'
import { colors, print, table } from '../terminal.ts'

export interface MethodsFlags extends GlobalFlags {
  json?: boolean
}

const families: Readonly<Record<Family, string>> = {
  cam: 'Class activation maps: at a feature layer',
  saliency: 'Pixel gradients: at the picture, through the network',
  perturbation: 'Perturbation: at the picture, from outside',
}

export async function methods(name: string | undefined, flags: MethodsFlags): Promise<void> {
  const { methods: all, methodNamed, usualPost } = await import('gradcam')
  /** As JSON: everything but what it computes with. */
  const told = ({ name: own, title, family, source, cost, post, options = {} }: Method): object => ({
    ...{ name: own, title, family, cost, source, options },
    settings: { ...usualPost, ...post },
  })
  if (name !== undefined) {
    const method = methodNamed(name)
    return print(flags.json ? `${JSON.stringify(told(method), undefined, 2)}\n` : methodText(method, { ...usualPost, ...method.post }))
  }
  await print(flags.json ? `${JSON.stringify(all.map(told), undefined, 2)}\n` : listText(all))
}

function listText(all: readonly Method[]): string {
  const { bold, dim } = colors(process.stdout)
  // one table for all, so that the columns of the families stand under each other
  const rows = table([['name', 'cost in forward passes', 'title', 'source'], ...all.map((m) => [m.name, m.cost, m.title, m.source])])
  const [head = '', ...lines] = rows.trimEnd().split('\n')
  const sections = (Object.keys(families) as Family[]).flatMap((family) => {
    const members = lines.filter((_, i) => all[i]?.family === family)
    return members.length === 0 ? [] : [`${bold(families[family])}\n${members.join('\n')}\n`]
  })
  return `${dim(head)}\n\n${sections.join('\n')}\n${dim('gradcam methods <name> tells the options of one')}\n`
}

function methodText({ name, title, family, source, cost, options = {} }: Method, post: object): string {
  const { bold, dim } = colors(process.stdout)
  const facts = [
    ['family', families[family]],
    ['cost', `${cost} (in forward passes)`],
    ['source', source],
    [
      'afterwards',
      Object.entries(post)
        .map(([step, value]) => `--${step} ${String(value)}`)
        .join(' '),
    ],
  ] as const
  const lines = facts.map(([what, value]) => `  ${dim(what.padEnd(10))}  ${value}\n`).join('')
  const rows = Object.entries(options).map(([option, spec]) => [`  ${dashed(option)}`, String(spec.default), bounds(spec), spec.about])
  const list =
    rows.length > 0
      ? `\nOptions, as in --set ${dashed(Object.keys(options)[0] ?? '')}=…\n${table([['  name', 'default', 'values', ''], ...rows])}`
      : '\nNo options of its own.\n'
  return `${bold(`${name}: ${title}`)}\n${lines}${list}`
}

function bounds(spec: OptionSpec): string {
  switch (spec.kind) {
    case 'number': {
      const end = Number.isFinite(spec.max) ? `to ${spec.max}` : 'up'
      return `${spec.whole ? 'whole, ' : ''}${spec.min} ${end}`
    }
    case 'choice':
      return spec.choices.join(', ')
    case 'flag':
      return 'true, false'
  }
}
