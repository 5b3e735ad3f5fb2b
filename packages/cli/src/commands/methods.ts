/** @file `gradcam methods`: the library's table of methods, and one method with its options. */
import { methods as all, type Family, type Method, methodNamed, type OptionSpec, usualPost } from 'gradcam'
import { kebab } from '../flags/case.ts'
import type { MethodsFlags } from '../flags/table.ts'
import { table, tableRows } from '../table.ts'
import { colors, print } from '../terminal.ts'

const families: Readonly<Record<Family, string>> = {
  cam: 'Class activation maps: at a feature layer',
  saliency: 'Pixel gradients: at the image, through the network',
  perturbation: 'Perturbation: at the image, from outside',
}

/** As JSON: everything but what it computes with. */
const facts = ({ name, title, family, source, cost, post, options = {} }: Method): object => {
  return { name, title, family, cost, source, options, settings: { ...usualPost, ...post } }
}

export async function methods(name: string | undefined, { json }: MethodsFlags): Promise<void> {
  const method = name === undefined ? undefined : methodNamed(name)
  if (json) return print(`${JSON.stringify(method ? facts(method) : all.map(facts), undefined, 2)}\n`)
  await print(method ? methodText(method) : listText())
}

function listText(): string {
  const { bold, dim } = colors(process.stdout)
  // one table for all, so that the columns of the families stand under each other
  const cells = all.map(({ name, cost, title, source }) => [name, cost, title, source])
  const [head = '', ...rows] = tableRows([['name', 'cost in forward passes', 'title', 'source'], ...cells])
  const sections = (Object.keys(families) as Family[]).flatMap((family) => {
    const members = rows.filter((_, i) => all[i]?.family === family)
    return members.length === 0 ? [] : [`${bold(families[family])}\n${members.join('')}`]
  })
  return `${dim(head.trimEnd())}\n\n${sections.join('\n')}\n${dim('gradcam methods <name> lists its options')}\n`
}

function methodText({ name, title, family, source, cost, post, options = {} }: Method): string {
  const { bold, dim } = colors(process.stdout)
  const settings = Object.entries({ ...usualPost, ...post }).map(([step, value]) => `--${kebab(step)} ${value}`)
  const about = [
    ['family', families[family]],
    ['cost', `${cost} (in forward passes)`],
    ['source', source],
    ['afterwards', settings.join(' ')],
  ] as const
  const lines = about.map(([what, value]) => `  ${dim(what.padEnd(10))}  ${value}\n`).join('')
  const rows = Object.entries(options).map(([option, spec]) => [`  ${kebab(option)}`, String(spec.default), bounds(spec), spec.about])
  const list =
    rows.length > 0
      ? `\nOptions, as in --set ${kebab(Object.keys(options)[0] ?? '')}=…\n${table([['  name', 'default', 'values', ''], ...rows])}`
      : '\nNo options of its own.\n'
  return `${bold(`${name}: ${title}`)}\n${lines}${list}`
}

function bounds(spec: OptionSpec): string {
  if (spec.kind !== 'number') return spec.kind === 'choice' ? spec.choices.join(', ') : 'true, false'
  return `${spec.whole ? 'whole, ' : ''}${spec.min} ${Number.isFinite(spec.max) ? `to ${spec.max}` : 'up'}`
}
