/** @file `gradcam gradient --rules`: the tables in its help, and names that no table has. */
import { ruleTables } from 'gradcam'
import { expect, test } from 'vitest'
import { exitCodeOf, reasonOf } from '../exit.ts'
import { createProgram } from '../program.ts'
import { gradient } from './gradient.ts'

test('the help lists every rule table', () => {
  const help = createProgram()
    .commands.find((command) => command.name() === 'gradient')
    ?.helpInformation()
  expect(help?.replace(/\s+/g, ' ')).toContain(`rule table: ${Object.keys(ruleTables).join(', ')} (default: plain)`)
})

test('an unknown one is refused before anything is read, and the nearest are named', async () => {
  const flags = { input: ['x=missing.npy'], of: 'y', wrt: 'x', index: [0], out: 'g.npy', rules: 'lrp-epsilom' }
  const error: unknown = await gradient(flags).catch((reason: unknown) => reason)
  expect(reasonOf(error)).toMatchObject({ code: 'bad-option', message: 'unknown rule table: lrp-epsilom' })
  expect(reasonOf(error).hint).toMatch(/^did you mean lrp-epsilon/)
  expect(exitCodeOf(error)).toBe(2)
})
