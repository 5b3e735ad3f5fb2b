/** @file From the library's words to the command's: messages name options in backticks, a person types flags. */
import { kebab } from './case.ts'
import type { Flag } from './flag.ts'
import { explainFlags, globalFlags, gradientFlags, inspectFlags, layersFlags, predictFlags } from './table.ts'

const flags: Readonly<Record<string, Flag>> = {
  ...gradientFlags,
  ...inspectFlags,
  ...predictFlags,
  ...layersFlags,
  ...explainFlags,
  ...globalFlags,
}

/** Names in code whose flag or command is called otherwise. */
const renamed: Readonly<Record<string, string>> = {
  share: '--mask-threshold',
  cause: '--debug',
  map: '--save-map',
  'toJSON()': '--json',
  'layers()': 'gradcam layers',
  'inspect()': 'gradcam inspect',
  'gradient()': 'gradcam gradient',
  'checkInput()': 'gradcam check-input',
  'explainAll()': 'gradcam explain',
  methods: 'gradcam methods',
  colormapNames: 'gradcam colormaps',
}

const unquoted = (value: string): string => value.replace(/^(['"])(.*)\1$/s, '$2')
const forShell = (value: string): string => (/^[\w.:/+,@%#-]+$/.test(value) ? value : `"${value}"`)

/** `options: { segmentation: 'grid' }` → `--set segmentation=grid` */
function settings(list: string): string {
  const each = list.split(', ').map((one) => {
    const [name = '', value] = one.split(': ')
    return value === undefined ? kebab(name) : `${kebab(name)}=${forShell(unquoted(value))}`
  })
  return `--set ${each.join(', ')}`
}

function flagged(words: string): string {
  const input = /^inputs(?:: \{ (.+): … \})?$/s.exec(words)
  if (input) return input[1] === undefined ? '--input' : `--input ${forShell(unquoted(input[1]))}=FILE`
  const list = /^options(?:: \{ (.*) \}|\.(.*))$/s.exec(words)
  if (list) return settings(list[1] ?? list[2] ?? '')
  const [, name = words, value] = /^([\w()]+)(?:: (.+))?$/s.exec(words) ?? []
  const given = value === undefined ? undefined : unquoted(value)
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  const long = Object.hasOwn(renamed, name) ? renamed[name] : flag && `--${flag.off && given !== 'true' ? 'no-' : ''}${kebab(name)}`
  if (long === undefined) return words
  return given === undefined || !(flag?.value ?? flag?.choices) ? long : `${long} ${forShell(given)}`
}

/**
 * A message of the library with flags in place of options; backticks around anything else are dropped.
 *
 * @example inFlags("leave `featureLayer` out, or set `activation: 'none'`") // 'leave --feature-layer out, or set --activation none'
 * @example inFlags("`options: { segmentation: 'grid' }`") // '--set segmentation=grid'
 */
export const inFlags = (message: string): string => message.replace(/`([^`]*)`/g, (_, words: string) => flagged(words))
