/** @file Options in messages become flags; flags and the library's lists agree. */
import { activations, fusions, normalizations, presetNames, ruleTables, scales, upsamplings } from 'gradcam'
import { devices, engines } from 'gradcam/node'
import { expect, test } from 'vitest'
import { createProgram } from '../program.ts'
import { camel, kebab } from './case.ts'
import { inFlags } from './names.ts'
import { explainFlags, gradientFlags } from './table.ts'

test.each([
  ['choose a `featureLayer` after this node', 'choose a --feature-layer after this node'],
  ["`activation: 'none'` or `activation: 'abs'`", '--activation none or --activation abs'],
  ['`target: "value:NAME[…]"`', '--target "value:NAME[…]"'],
  ["`options: { segmentation: 'grid' }`", '--set segmentation=grid'],
  ['it takes `options: { patch, stridePixels }`', 'it takes --set patch, stride-pixels'],
  ['`options.patchPixels` is 3', '--set patch-pixels is 3'],
  ['`options: {  }`', '--set '],
  ['`title: false`, `box: true`', '--no-title, --box'],
  ['`layers()` lists candidates', 'gradcam layers lists candidates'],
  ['`git lfs pull` and `toString` and `constructor`', 'git lfs pull and toString and constructor'],
  ['`unfinished', '`unfinished'],
  ['--nothing', '--nothing'],
])('%s', (message, shown) => expect(inFlags(message)).toBe(shown))

test('every option of explain with a flag is mapped to the flag that the command has', () => {
  const command = createProgram().commands.find((each) => each.name() === 'explain')
  for (const name of Object.keys(explainFlags)) {
    expect(camel(kebab(name))).toBe(name)
    expect(command?.options.map(({ long }) => long)).toContain(inFlags(`\`${name}\``))
  }
})

test("the choices of flags are the library's", () => {
  expect(explainFlags.activation.choices).toEqual(activations)
  expect(explainFlags.upsample.choices).toEqual(upsamplings)
  expect(explainFlags.normalize.choices).toEqual(normalizations)
  expect(explainFlags.fusion.choices).toEqual(fusions)
  expect(explainFlags.preset.choices).toEqual(presetNames)
  expect(explainFlags.colorScale.choices).toEqual(scales)
  expect(explainFlags.engine.choices).toEqual(engines)
  expect(explainFlags.device.help).toContain(`: ${devices.join(', ')},`)
  expect(gradientFlags.rules.choices).toEqual(Object.keys(ruleTables))
})
